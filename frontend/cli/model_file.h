// MODEL on the command line: model.cc, .pb, .pbtxt, .ir, or a compiled program.
#ifndef BRINE_FRONTEND_CLI_MODEL_FILE_H_
#define BRINE_FRONTEND_CLI_MODEL_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codegen/driver/cache.h"
#include "codegen/driver/toolchain.h"
#include "ir/graph.h"

namespace brine::cli {

// The graphs that a file holds: of a model.cc the one it builds, of a compiled program the model and its planned
// functions.  A model.cc is compiled without optimisation, unless the cache has its program for the same contents of
// all files it includes, and run. Errors: kInvalidArgument for a model with mistakes, with the compiler's or the
// model's own lines; kUnavailable when there is no compiler.
absl::StatusOr<std::vector<ir::Graph>> LoadModelFile(const std::string& path, const codegen::Toolchain& toolchain,
                                                     const codegen::Cache& cache);

// The one of stage *graph*.
absl::StatusOr<ir::Graph> LoadModel(const std::string& path, const codegen::Toolchain& toolchain,
                                    const codegen::Cache& cache);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_MODEL_FILE_H_
