// A compiled graph inside this process, for tests and `brine verify`.  The worker, the cache and the objects are those
// of a program, but the objects are linked to a shared library and loaded.
#ifndef BRINE_CODEGEN_DRIVER_BUILD_STEP_H_
#define BRINE_CODEGEN_DRIVER_BUILD_STEP_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codegen/driver/compile.h"
#include "ir/graph.h"
#include "ir/interpret.h"

namespace brine::codegen {

struct BuildOptions {
  std::string cache_folder;             // empty: Cache::DefaultFolder
  std::string target;                   // empty: this machine
  std::string worker = {};              // the program that compiles kernels; empty: brine-worker
  StrategyOfKernel strategy = nullptr;  // null: always the cheapest
  bool asserts = false;                 // whether kernels contain Halide's checks of buffers and bounds
  // Whether values lie in blocks as planned.  Otherwise each value has memory of its own.  In both cases the memory
  // lies between red zones and is poisoned before each run.
  bool use_placements = false;
};

// The kernels of a graph, ready to run.  The destructor unloads them.
class CompiledStep {
 public:
  CompiledStep(CompiledStep&&) noexcept;
  ~CompiledStep();

  // Runs all kernels in order with n = `rows` on `threads` threads.  `given` holds each input and state by name.  The
  // result holds, by name, each value outside the kernels, and each state as it is after the step.  Errors:
  // kInvalidArgument for a missing tensor, and kInternal for an error of a kernel or a write to a red zone.
  absl::StatusOr<ir::Tensors<float>> Run(const ir::Tensors<float>& given, int64_t rows, int threads = 1);

  int compiled_kernels() const;                        // the number of kernels that were not in the cache
  const std::vector<std::string>& strategies() const;  // by node; empty for views and constants

 private:
  friend absl::StatusOr<CompiledStep> BuildStep(const ir::Graph& graph, const BuildOptions& build);
  struct State;
  explicit CompiledStep(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Compiles `graph`, which may be of any stage.  Nodes outside kernels become kernels of one op.  Errors: a missing
// installation, cache or compiler, and those of CompileKernels.
absl::StatusOr<CompiledStep> BuildStep(const ir::Graph& graph, const BuildOptions& build);

// The facts about each node, with the candidates among which the compiler would choose.  Nothing is compiled.
absl::StatusOr<std::vector<KernelFacts>> ConsiderStrategies(const ir::Graph& graph, const BuildOptions& build);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_BUILD_STEP_H_
