// A compiled graph inside this process, for tests.  Worker, cache and objects are those of a program, but they are
// linked to a shared object.
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
  std::string cache_folder;             // empty: $BRINE_CACHE or the user's
  std::string target;                   // empty: this machine
  std::string worker = {};              // the program that compiles kernels; empty: brine-worker
  StrategyOfKernel strategy = nullptr;  // null: always the cheapest
  bool asserts = false;                 // Halide's checks of buffers and bounds
  bool use_placements = false;  // lay values out as planned; otherwise every value has memory of its own between red
                                // zones; either is poisoned before the step
};

class CompiledStep {
 public:
  CompiledStep(CompiledStep&&) noexcept;
  ~CompiledStep();

  // Runs every kernel in order with n = `rows`.  `given` holds every input and state.  The result holds every value
  // outside the kernels, and each state after the step.  Errors: a kernel's own, or a write to a red zone.
  absl::StatusOr<ir::Tensors<float>> Run(const ir::Tensors<float>& given, int64_t rows, int threads = 1);

  int compiled_kernels() const;                        // how many were not in the cache
  const std::vector<std::string>& strategies() const;  // one for each node; empty for views and constants

 private:
  friend absl::StatusOr<CompiledStep> BuildStep(const ir::Graph& graph, const BuildOptions& build);
  struct State;
  explicit CompiledStep(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Compiles `graph`, of any stage that computes something.  Nodes outside kernels become kernels of one op.
absl::StatusOr<CompiledStep> BuildStep(const ir::Graph& graph, const BuildOptions& build);

// The candidates among which the compiler would choose, for each node.  Nothing is compiled.
absl::StatusOr<std::vector<KernelFacts>> ConsiderStrategies(const ir::Graph& graph, const BuildOptions& build);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_BUILD_STEP_H_
