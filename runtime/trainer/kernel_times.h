// How long the kernels of training steps take, and what bounds them.
#ifndef BRINE_RUNTIME_TRAINER_KERNEL_TIMES_H_
#define BRINE_RUNTIME_TRAINER_KERNEL_TIMES_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/trainer/json.h"
#include "runtime/trainer/machine_rates.h"
#include "runtime/trainer/trainer.h"

namespace brine {

struct KernelTime {
  const brine_call* call = nullptr;  // null if the kernel has not run yet
  double milliseconds = 0;           // the least time
  int64_t bytes = 0;                 // that it reads and writes, each operand once
  // The share of elements that are not zero in the operand whose zeros the kernel skips, on which its time depends.
  std::optional<double> nonzero = {};
};

// While an object of this class lives, it observes the training steps of a state (brine_observe).
class KernelTimer {
 public:
  // `rows` is the number of rows of each step.
  KernelTimer(brine_state* state, int32_t rows);

  // The kernels that have run, in the order of their calls.  The nonzero shares are those of the first step.
  std::vector<KernelTime> times() const;

 private:
  void Observe(const brine_call& call, bool done);

  brine_state* state_;
  int32_t rows_;
  const brine_function& function_;
  std::vector<KernelTime> kernels_;
  std::chrono::steady_clock::time_point begin_;
  Observation observation_;  // the last member, so that nothing is observed before the others exist
};

// The limit of the machine to which a kernel comes nearest, the rate of multiply-adds or that of memory, and the share
// of it that the kernel reaches.  The share is above 1 if the kernel skips work that `flops` counts, or if its operands
// are in a cache.
struct Bound {
  const char* name;
  double share;
};
Bound FindBound(const KernelTime& kernel, const MachineRates& rates);

// The predicted time of the kernel on so many threads, at its share of nonzero elements and at this machine's rate of
// multiply-adds.
double PredictedMilliseconds(const KernelTime& kernel, const MachineRates& rates, int threads);

// Adds "peak_gflops": 118, "memory_gb_per_s": 20, "kernels": [{"name": "conv2d", "ms": 0.1, …}, …].
void AddKernels(const std::vector<KernelTime>& kernels, const MachineRates& rates, int threads, JsonObject& object);

// The bytes of each block of memory that a state has: {"inputs": …, "arena": …, "scratch": …}.
std::string BlocksJson(const brine_program& program);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_KERNEL_TIMES_H_
