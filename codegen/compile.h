// Planned graphs to kernel objects: distinct kernels, what the cache holds, and the worker for the rest.
#ifndef BRINE_CODEGEN_COMPILE_H_
#define BRINE_CODEGEN_COMPILE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "codegen/cache.h"
#include "codegen/worker_request.h"
#include "ir/graph.h"

namespace brine::codegen {

struct CompileOptions {
  std::string worker;  // path of brine-worker
  std::string target;  // as Halide writes it; HostTarget() for this machine
  bool asserts = false;
  int jobs = 0;          // worker processes at a time; 0: one a core
  bool runtime = false;  // with kernels that are not cached, compile what RuntimeObject is going to ask for
};

struct CompiledKernel {
  std::string symbol;  // k_<hash>; the object defines <symbol>_argv
  std::string object;
  int64_t scratch_bytes = 0;
  std::string algorithm;  // a word for the way in which it was built: "winograd", "lists", …
};

struct CompiledKernels {
  std::map<std::string, CompiledKernel> kernels;  // by symbol
  std::vector<std::vector<std::string>> symbols;  // of each graph's nodes; empty for views and constants
  int compiled = 0;                               // how many the cache lacked
};

// Compiles every kernel of `graphs`; nodes that are neither kernels nor views become kernels of one op.  Errors
// (kInternal): the worker failed, with its text.
absl::StatusOr<CompiledKernels> CompileKernels(absl::Span<const ir::Graph* const> graphs, const CompileOptions& options,
                                               const Cache& cache);

// What becomes of one such node on the way to an object, as text: Halide's statement or assembly.  Not cached.
absl::StatusOr<std::string> KernelText(const ir::Graph& graph, const ir::Node& node, OutputForm form,
                                       const CompileOptions& options);

// Whether CompileKernels makes a kernel of the node.
bool NeedsKernel(const ir::Node& node);

// Halide's runtime for the target as an object, from the cache or the worker.
absl::StatusOr<std::string> RuntimeObject(const CompileOptions& options, const Cache& cache);

// The target of this machine, from the worker once and then from the cache, by what the kernel says of the processor.
absl::StatusOr<std::string> HostTarget(const std::string& worker, const Cache& cache);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_COMPILE_H_
