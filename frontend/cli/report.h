// Writes the page of runs.
#ifndef BRINE_FRONTEND_CLI_REPORT_H_
#define BRINE_FRONTEND_CLI_REPORT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace brine::cli {

// Writes the page, which other users may read.  Errors: those of WriteFileAtomically.
absl::Status WritePage(const std::string& path, absl::string_view page);

// Writes the page of the runs in these folders.  Errors: those of ReportPage (kInvalidArgument) and of WritePage.
absl::Status WriteReport(absl::Span<const std::string> runs, const std::string& path);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_REPORT_H_
