// Unpacks compressed data, since compiled programs map plain files only.
#ifndef BRINE_FRONTEND_CLI_UNPACK_DATA_H_
#define BRINE_FRONTEND_CLI_UNPACK_DATA_H_

#include <string>

#include "absl/status/statusor.h"
#include "codegen/driver/cache.h"

namespace brine::cli {

// If `folder` holds MNIST's IDX files as .gz, and no plain ones, unpacks them into a folder of the cache, unless they
// are there, and returns that folder; otherwise returns `folder`.  `say` tells whether to print a line to standard
// error after unpacking.  Errors: kInvalidArgument for a file that is damaged or unreadable, kUnavailable if the cache
// cannot be written.
absl::StatusOr<std::string> UnpackData(const std::string& folder, const codegen::Cache& cache, bool say);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_UNPACK_DATA_H_
