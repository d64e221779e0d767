// The flags that say how data are read.
#ifndef BRINE_FRONTEND_CLI_DATA_FLAGS_H_
#define BRINE_FRONTEND_CLI_DATA_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"
#include "frontend/cli/arguments.h"
#include "frontend/data/data.h"

namespace brine::cli {

// Errors (kInvalidArgument): a value that is none, in a sentence that names the flag.
absl::StatusOr<DataOptions> ReadDataOptions(const Arguments& arguments);

// A text of all options that decide what is read.
std::string DescribeOptions(const DataOptions& options);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_DATA_FLAGS_H_
