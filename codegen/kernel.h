// Compiles one kernel: to an object, or to what a person reads.
#ifndef BRINE_CODEGEN_KERNEL_H_
#define BRINE_CODEGEN_KERNEL_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "codegen/halide_pch.h"
#include "codegen/kernel_facts.h"
#include "codegen/worker_request.h"
#include "ir/graph.h"

namespace brine::codegen {

// Writes what graph.nodes[0] becomes to `path`, in the form of the options.  Strategies are tried in the order of their
// cost; one that would keep more than 1 MB on a thread's stack gives way to the next.  Errors: an allocation inside a
// parallel loop or of unknown size, and a stack that is too large for all of them.
absl::StatusOr<KernelFacts> CompileKernel(const ir::Graph& graph, const Halide::Target& base,
                                          const KernelOptions& options, const std::string& path);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_KERNEL_H_
