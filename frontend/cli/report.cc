#include "frontend/cli/report.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "codegen/driver/files.h"
#include "frontend/cli/commands.h"
#include "frontend/cli/html/report.h"
#include "ir/status.h"

namespace brine::cli {

absl::Status WritePage(const std::string& path, absl::string_view page) {
  constexpr int kReadableByAll = 0644;
  return codegen::WriteFileAtomically(path, page, kReadableByAll);
}

absl::Status WriteReport(absl::Span<const std::string> runs, const std::string& path) {
  BRINE_ASSIGN_OR_RETURN(const std::string page, ReportPage(runs));
  return WritePage(path, page);
}

int RunReport(const Command&, const Arguments& arguments) {
  const std::string folder = arguments.words.size() == 1 ? arguments.words[0] : ".";
  const std::string path = arguments.Get("o", (std::filesystem::path(folder) / "report.html").string());
  const absl::Status status = WriteReport(arguments.words, path);
  if (!status.ok()) return Fail(status, absl::IsInvalidArgument(status) ? kBadInput : kFailed);
  return Print(absl::StrCat(path, "\n"));
}

}  // namespace brine::cli
