#include "frontend/cli/html/report.h"

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "codegen/driver/files.h"
#include "frontend/cli/commands.h"

namespace brine::cli {

int RunReport(const Command&, const Arguments& arguments) {
  const absl::StatusOr<std::string> page = ReportPage(arguments.words);
  if (!page.ok()) return Fail(page.status(), kBadInput);
  const std::string folder = arguments.words.size() == 1 ? arguments.words[0] : ".";
  const std::string path = arguments.Get("o", (std::filesystem::path(folder) / "report.html").string());
  constexpr int kReadableByAll = 0644;
  const absl::Status status = codegen::WriteFileAtomically(path, *page, kReadableByAll);
  return status.ok() ? Print(absl::StrCat(path, "\n")) : Fail(status, kFailed);
}

}  // namespace brine::cli
