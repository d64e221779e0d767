// The highest rates of the machine, with which `bench` compares kernels.
#ifndef BRINE_RUNTIME_TRAINER_MACHINE_RATES_H_
#define BRINE_RUNTIME_TRAINER_MACHINE_RATES_H_

namespace brine {

struct MachineRates {
  double flops_per_ms;  // multiplications and additions in multiply-adds of floats, in the widest vectors that kernels
                        // may use
  double bytes_per_ms;  // read from memory, not from a cache
};

// The best of many runs on `threads` threads at once, no more than there are cores.  Holds 32 MB a thread meanwhile.
MachineRates MeasureRates(int threads);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_MACHINE_RATES_H_
