// The command new, which makes a folder for a model of one's own.
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "codegen/driver/files.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/embedded_files.h"
#include "frontend/model_name.h"
#include "ir/names.h"
#include "ir/status.h"

namespace brine::cli {
namespace {

constexpr int kDefaultClasses = 10, kMaxClasses = 1'000'000;

struct File {
  std::string name, content;
};

std::vector<File> FilesOf(absl::string_view template_name, absl::string_view model_name, int64_t classes) {
  std::vector<File> files;
  const std::string folder = absl::StrCat("templates/", template_name, "/");
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    absl::string_view name = file.path;
    if (!absl::ConsumePrefix(&name, folder)) continue;
    files.push_back({std::string(name),
                     absl::StrReplaceAll(
                         file.content, {{"NAME_OF_MODEL", model_name}, {"NUMBER_OF_CLASSES", absl::StrCat(classes)}})});
  }
  return files;
}

bool HasClasses(absl::string_view template_name) {
  const std::string folder = absl::StrCat("templates/", template_name, "/");
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    if (absl::StartsWith(file.path, folder) && absl::StrContains(file.content, "NUMBER_OF_CLASSES")) return true;
  }
  return false;
}

absl::Status CannotMake(const std::string& folder, int error) {
  return absl::UnavailableError(absl::StrCat(folder, ": cannot be made: ", strerror(error)));
}

// Makes the folder with all files in it, or changes nothing.  Errors: kAlreadyExists if there is something of its name
// other than an empty folder; kUnavailable if the system refuses.
absl::Status MakeFolder(const std::string& folder, const std::vector<File>& files) {
  // The files are written to a hidden folder beside it, which then gets the name.
  std::string hidden = absl::StrCat(folder.substr(0, folder.rfind('/') + 1), ".brine-new-XXXXXX");
  if (mkdtemp(hidden.data()) == nullptr) return CannotMake(folder, errno);
  const auto fill = [&]() -> absl::Status {
    for (const File& file : files)
      BRINE_RETURN_IF_ERROR(codegen::WriteFileAtomically(hidden + "/" + file.name, file.content, 0644));
    if (chmod(hidden.c_str(), 0755) != 0) return CannotMake(folder, errno);
    if (std::rename(hidden.c_str(), folder.c_str()) == 0) return absl::OkStatus();
    if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR)
      return absl::AlreadyExistsError(absl::StrCat(folder, ": exists already"));
    return CannotMake(folder, errno);
  };
  const absl::Status status = fill();
  if (status.ok()) return status;
  std::error_code ignored;
  std::filesystem::remove_all(hidden, ignored);
  return absl::Status(status.code(), absl::StrReplaceAll(status.message(), {{hidden, folder}}));
}

}  // namespace

int RunNew(const Command&, const Arguments& arguments) {
  std::string folder = arguments.words[0];
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  const std::string name = folder.substr(folder.rfind('/') + 1);
  if (!IsModelName(name)) {
    return Fail(absl::InvalidArgumentError(
                    absl::StrCat("the name of a model must be ", kModelNameRule, ", got '", ir::Excerpt(name), "'")),
                kUsage);
  }
  const std::string template_name = arguments.Get("template", "cnn");
  const absl::StatusOr<int64_t> classes = arguments.GetInt("classes", kDefaultClasses, 2, kMaxClasses);
  if (!classes.ok()) return Fail(classes.status(), kUsage);
  if (arguments.Has("classes") && !HasClasses(template_name)) {
    return Fail(absl::InvalidArgumentError(absl::StrCat("--classes: the template ", template_name, " has no classes")),
                kUsage);
  }
  const std::vector<File> files = FilesOf(template_name, name, *classes);
  if (const absl::Status status = MakeFolder(folder, files); !status.ok())
    return Fail(status, absl::IsAlreadyExists(status) ? kUsage : kFailed);
  const std::string names = absl::StrJoin(files, ", ", [](std::string* out, const File& file) { *out += file.name; });
  return Print(absl::StrCat("made ", folder, " with ", names, "; its README.md says how to go on\n"));
}

}  // namespace brine::cli
