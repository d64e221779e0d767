// Compiles one kernel: to an object, or to text for a person.
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

// Compiles graph.nodes[0] to the file `path`, in the form that the options name.  Strategies are tried in the order of
// their cost; one that needs more than 1 MB of a thread's stack is skipped.  Errors: an allocation inside a parallel
// loop or of unknown size, and a stack that is too large for all strategies.
absl::StatusOr<KernelFacts> CompileKernel(const ir::Graph& graph, const Halide::Target& base,
                                          const KernelOptions& options, const std::string& path);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_KERNEL_H_
