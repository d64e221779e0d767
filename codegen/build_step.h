// A compiled graph inside this process, for tests: the same worker, cache and objects as a program, linked to a shared
// object.
#ifndef BRINE_CODEGEN_BUILD_STEP_H_
#define BRINE_CODEGEN_BUILD_STEP_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codegen/compile.h"
#include "ir/graph.h"
#include "ir/interpret.h"

namespace brine::codegen {

struct BuildOptions {
  std::string cache_folder;             // empty: $BRINE_CACHE or the user's
  std::string target;                   // empty: this machine
  std::string worker = {};              // the program that compiles kernels; empty: brine-worker
  StrategyOfKernel strategy = nullptr;  // null: always the one of least cost
  bool asserts = false;                 // Halide's checks of buffers and bounds
  bool use_placements = false;  // lay values out as planned; otherwise every value has memory of its own between red
                                // zones; either is poisoned before the step
};

class Step {
 public:
  Step(Step&&) noexcept;
  ~Step();

  // Runs every kernel in order with n = `rows`.  `given` holds every input and state.  The result holds every value
  // outside the kernels; states hold what the step left.  Errors: a kernel's own, or a red zone that was written to.
  absl::StatusOr<ir::Tensors<float>> Run(const ir::Tensors<float>& given, int64_t rows, int threads = 1);

  int compiled_kernels() const;                        // how many the cache lacked
  const std::vector<std::string>& strategies() const;  // of each node's kernel; empty for views and constants

 private:
  friend absl::StatusOr<Step> BuildStep(const ir::Graph& graph, const BuildOptions& build);
  struct State;
  explicit Step(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Compiles `graph`, of any stage that computes something: nodes outside kernels become kernels of one op.
absl::StatusOr<Step> BuildStep(const ir::Graph& graph, const BuildOptions& build);

// What the compiler would choose among, for each node; nothing is compiled.
absl::StatusOr<std::vector<KernelFacts>> ConsiderStrategies(const ir::Graph& graph, const BuildOptions& build);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_BUILD_STEP_H_
