// The page of a run, or of several beside each other.
#ifndef BRINE_FRONTEND_CLI_HTML_REPORT_H_
#define BRINE_FRONTEND_CLI_HTML_REPORT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace brine::cli {

// The page that shows the runs of these folders side by side, as one HTML file.  There must be at least one folder; a
// run may still be going on.  Errors (kInvalidArgument): a folder is no run, or a file in it is damaged.
absl::StatusOr<std::string> ReportPage(absl::Span<const std::string> folders);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_REPORT_H_
