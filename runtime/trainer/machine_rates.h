// Measures the highest rates of the machine, with which `bench` compares kernels.
#ifndef BRINE_RUNTIME_TRAINER_MACHINE_RATES_H_
#define BRINE_RUNTIME_TRAINER_MACHINE_RATES_H_

namespace brine {

struct MachineRates {
  // Operations of multiply-adds of floats in the widest vectors that kernels use; a multiply-add counts as two.
  double flops_per_ms;
  double bytes_per_ms;  // read from memory, not from a cache
};

enum class Effort {
  kQuick,    // some 50 ms, so that training need not wait; on a busy machine, rates may come out too low
  kThorough  // some 400 ms
};

// The best of many runs on `threads` threads at once, which must not be more than there are cores.  Allocates 16 MB, or
// 32 MB if it is thorough, for each thread while it runs.
MachineRates MeasureRates(int threads, Effort effort);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_MACHINE_RATES_H_
