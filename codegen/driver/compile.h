// From planned graphs to the objects of their kernels: finds the distinct kernels, takes those that it has from the
// cache, and has the worker compile the others.
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

// The strategy that is to build a kernel of a graph if it can; empty: the cheapest.
using StrategyOfKernel = std::function<std::string(const ir::Graph& graph, const ir::Node& kernel)>;

// Parses a text such as "conv=winograd,matmul=generic": *winograd* for kernels with a contraction whose op or form has
// a name that begins with "conv", and *generic* for those with "matmul".  A strategy without an op is for all kernels.
// Of several rows that fit a kernel, the last counts.  Errors (kInvalidArgument): an empty name, or a strategy that no
// such op has; the message lists those that it has.
absl::StatusOr<StrategyOfKernel> ParseStrategies(const std::string& text, const std::string& worker);

struct CompileOptions {
  std::string worker;     // path of brine-worker
  std::string worker_id;  // of a worker with ops or strategies of its own, a hash of the program; otherwise empty
  std::string target;     // as Halide writes it; HostTarget() for this machine
  bool asserts = false;   // whether kernels contain Halide's checks of buffers and bounds
  int jobs = 0;           // the largest number of kernels that are compiled at a time; 0: one for each core
  StrategyOfKernel strategy = nullptr;  // null: always the cheapest
};

struct CompiledKernel {
  std::string symbol;  // k_<hash>; the object defines <symbol>_argv
  std::string object;  // the bytes of an object file
  KernelFacts facts;
};

struct CompiledKernels {
  std::map<std::string, CompiledKernel> kernels;  // by symbol
  std::vector<std::vector<std::string>> symbols;  // by graph and node; empty for views and constants
  int compiled = 0;                               // the number of kernels that were not in the cache
};

// Compiles every kernel of `graphs`.  A node that is neither a kernel nor a view nor a constant becomes a kernel of one
// op.  Errors (kInternal): the worker or a kernel failed, with the text of the error.
absl::StatusOr<CompiledKernels> CompileKernels(absl::Span<const ir::Graph* const> graphs, const CompileOptions& options,
                                               const Cache& cache);

// The kernel of one node in the form `form`, as text for a person: Halide's statement or assembly.  It is not cached.
absl::StatusOr<std::string> KernelText(const ir::Graph& graph, const ir::Node& node, OutputForm form,
                                       const CompileOptions& options);

// Whether CompileKernels compiles a kernel for the node.
bool NeedsKernel(const ir::Node& node);

// The facts about each node of the graph, with the candidates among which the compiler would choose; empty for views
// and constants.  Nothing is compiled.
absl::StatusOr<std::vector<KernelFacts>> ConsiderKernels(const ir::Graph& graph, const CompileOptions& options);

// Halide's runtime for the target as an object, from the cache or the worker.  Kernels with asserts call it.  Errors
// (kInternal): the worker failed.
absl::StatusOr<std::string> RuntimeObject(const CompileOptions& options, const Cache& cache);

// The lines of /proc/cpuinfo that say which processor this is and what it can do.  Empty if there is no such file.
std::string ProcessorText();

// The target of this machine, with only those features for which a program can test.  The worker finds it once.  Then
// it is in the cache, with the text of the processor as its key.
absl::StatusOr<std::string> HostTarget(const std::string& worker, const Cache& cache);

// Whether `target` is one that Halide knows.  Errors: the worker cannot be started.
absl::StatusOr<bool> IsTarget(const std::string& target, const std::string& worker);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_COMPILE_H_
