// From planned graphs to kernel objects: finds the distinct kernels, takes them from the cache, and has the worker
// compile the others.
#ifndef BRINE_CODEGEN_DRIVER_COMPILE_H_
#define BRINE_CODEGEN_DRIVER_COMPILE_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "codegen/driver/cache.h"
#include "codegen/driver/kernel_facts.h"
#include "codegen/driver/worker_request.h"
#include "ir/graph.h"

namespace brine::codegen {

// The strategy to use for a kernel of a graph, if it can build it; empty: the cheapest.
using StrategyOfKernel = std::function<std::string(const ir::Graph& graph, const ir::Node& kernel)>;

// Parses "conv=winograd,matmul=generic": winograd for kernels of a contraction whose op begins with "conv", and so on;
// "generic" alone is for all kernels.  Errors (kInvalidArgument): an empty name, or a strategy that no such op has; the
// sentence lists those that it has.
absl::StatusOr<StrategyOfKernel> ParseStrategies(const std::string& text, const std::string& worker);

struct CompileOptions {
  std::string worker;  // path of brine-worker
  std::string target;  // as Halide writes it; HostTarget() for this machine
  bool asserts = false;
  int jobs = 0;                         // worker processes at a time; 0: one for each core
  StrategyOfKernel strategy = nullptr;  // null: always the cheapest
  bool runtime = false;                 // if any kernel is not cached, also compile what RuntimeObject is going to need
};

struct CompiledKernel {
  std::string symbol;  // k_<hash>; the object defines <symbol>_argv
  std::string object;
  KernelFacts facts;
};

struct CompiledKernels {
  std::map<std::string, CompiledKernel> kernels;  // by symbol
  std::vector<std::vector<std::string>> symbols;  // by graph and node; empty for views and constants
  int compiled = 0;                               // how many were not in the cache
};

// Compiles every kernel of `graphs`; nodes that are neither kernels nor views become kernels of one op.  Errors
// (kInternal): the worker failed, with its text.
absl::StatusOr<CompiledKernels> CompileKernels(absl::Span<const ir::Graph* const> graphs, const CompileOptions& options,
                                               const Cache& cache);

// The Halide statement or the assembly of one node's kernel.  It is not cached.
absl::StatusOr<std::string> KernelText(const ir::Graph& graph, const ir::Node& node, OutputForm form,
                                       const CompileOptions& options);

// Whether CompileKernels makes a kernel of the node.
bool NeedsKernel(const ir::Node& node);

// The candidates among which the compiler would choose, for each node of the graph.  Nothing is compiled.
absl::StatusOr<std::vector<KernelFacts>> ConsiderKernels(const ir::Graph& graph, const CompileOptions& options);

// Halide's runtime for the target as an object, from the cache or the worker.
absl::StatusOr<std::string> RuntimeObject(const CompileOptions& options, const Cache& cache);

// The target of this machine, with the features for which a program can test.  The worker finds it once; then it is in
// the cache, keyed by the kernel's description of the processor.
absl::StatusOr<std::string> HostTarget(const std::string& worker, const Cache& cache);

// Whether Halide knows all words of a target.
absl::StatusOr<bool> IsTarget(const std::string& target, const std::string& worker);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_COMPILE_H_
