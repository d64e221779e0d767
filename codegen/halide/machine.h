// The machines that kernels are built for, as data.  Strategies depend on the numbers of a row and never on its name.
#ifndef BRINE_CODEGEN_HALIDE_MACHINE_H_
#define BRINE_CODEGEN_HALIDE_MACHINE_H_

#include <cstdint>
#include <string>

namespace brine::codegen {

struct Machine {
  const char* name;
  const char* feature;  // the row is for Halide targets with this feature; "" is for all others
  int lanes;            // floats in a vector register
  int far_lanes;        // floats in a vector of a loop that is bound by memory
  int registers;        // vector registers
  int64_t l1_bytes;     // the size of a core's first-level data cache
  int64_t l2_bytes;     // the size of a core's second-level cache
  int latency;          // cycles until a sum of multiply-adds can be added to again

  // Rates of one core, for costs.
  double gigahertz;
  double products;       // vector multiply-adds that begin in a cycle
  double loads;          // vectors that are loaded in a cycle, from the first-level cache
  double far_gigabytes;  // per second, to and from what is beyond the second-level cache
};

// The row of the table for a target such as "x86-64-linux-avx2-fma".
const Machine& MachineOf(const std::string& target);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_MACHINE_H_
