// Compiles one kernel: to an object, or to what a person reads.
#ifndef BRINE_CODEGEN_KERNEL_H_
#define BRINE_CODEGEN_KERNEL_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "codegen/halide_pch.h"
#include "codegen/worker_request.h"
#include "ir/graph.h"

namespace brine::codegen {

struct KernelFacts {
  int64_t scratch_bytes;  // the sum of its allocations on the calling thread, each rounded up to 64 bytes
  std::string algorithm;  // a word for the way in which a template built it
};

// Writes what graph.nodes[0] becomes to `path`, in the form of the options.  A template that would keep more than 1 MB
// on a thread's stack gives way to `generic`.  Errors: an allocation inside a parallel loop or of unknown size, and a
// stack that is too large all the same.
absl::StatusOr<KernelFacts> CompileKernel(const ir::Graph& graph, const Halide::Target& base,
                                          const KernelOptions& options, const std::string& path);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_KERNEL_H_
