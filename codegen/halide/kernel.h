// Compiles one kernel with Halide: to an object, or to text for a person.
#ifndef BRINE_CODEGEN_HALIDE_KERNEL_H_
#define BRINE_CODEGEN_HALIDE_KERNEL_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "codegen/driver/kernel_facts.h"
#include "codegen/driver/worker_request.h"
#include "codegen/halide/precompiled.h"
#include "ir/graph.h"

namespace brine::codegen {

// Compiles graph.nodes[0], a kernel, for the target `base_target` and writes the result to the file `path` in the form
// that the options name.  The object expects the runtime of another object, and passes a user context to it.
//
// Strategies are tried in the order of their cost.  A strategy is skipped if its tasks need more than 1 MB of stack, or
// if its memory cannot be planned.  Errors (kUnimplemented): every strategy was skipped, with the last reason, which is
// a stack that is too large, an allocation inside a parallel loop, or an allocation without constant size.
absl::StatusOr<KernelFacts> CompileKernel(const ir::Graph& graph, const Halide::Target& base_target,
                                          const KernelOptions& options, const std::string& path);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_KERNEL_H_
