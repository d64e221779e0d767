// Loads the argument MODEL of commands: a C++ source, a graph as .pb, .pbtxt or .ir, or a compiled program.
#ifndef BRINE_FRONTEND_CLI_MODEL_FILE_H_
#define BRINE_FRONTEND_CLI_MODEL_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codegen/driver/cache.h"
#include "codegen/driver/toolchain.h"
#include "ir/graph.h"

namespace brine::cli {

// The graphs of a file: the one that a C++ source makes, those of a .pb, .pbtxt or .ir file, or the model and the
// planned functions of a compiled program.  A C++ source is compiled without optimization and run.  The cache keeps its
// program, for the same contents of all files that it includes.
// Errors: kInvalidArgument for a model with mistakes, whose message is that of the compiler or has the mistakes, each
// on a line; kUnavailable if there is no compiler.
absl::StatusOr<std::vector<ir::Graph>> LoadModelFile(const std::string& path, const codegen::Toolchain& toolchain,
                                                     const codegen::Cache& cache);

// The graph of stage *graph* among those of LoadModelFile; an error if there is none.
absl::StatusOr<ir::Graph> LoadModel(const std::string& path, const codegen::Toolchain& toolchain,
                                    const codegen::Cache& cache);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_MODEL_FILE_H_
