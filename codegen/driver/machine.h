// The machines for which kernels are built, as data.  Strategies depend on the numbers of a row, never on its name.
#ifndef BRINE_CODEGEN_DRIVER_MACHINE_H_
#define BRINE_CODEGEN_DRIVER_MACHINE_H_

#include <cstdint>
#include <string>

namespace brine::codegen {

// One core of a machine.
struct Machine {
  const char* name;
  const char* feature;       // the row is for Halide targets with this feature; "" matches every target
  int lanes;                 // floats in a vector register
  int streaming_lanes;       // floats in a vector of a loop that is bound by memory
  int registers;             // vector registers
  int64_t l1_bytes;          // the size of the first-level data cache
  int64_t l2_bytes;          // the size of the second-level cache
  int64_t l3_bytes;          // what a few cores have of the cache that all share
  int tasks;                 // into how many tasks a long loop is cut if it can be: the cores of a large such machine
  int multiply_add_latency;  // cycles from the start of a multiply-add until the next can add to its sum

  // Rates, from which costs and register tiles follow.
  double gigahertz;
  double multiply_adds_per_cycle;  // of whole vectors
  double loads_per_cycle;          // of whole vectors, from the first-level cache
  // Beyond the second-level cache.  What is written beyond the shared cache is read first, and pushes something else
  // out.
  double near_gigabytes_per_second;   // of lines that the shared cache has, read or written
  double read_gigabytes_per_second;   // of other lines
  double write_gigabytes_per_second;  // of other lines

  // What loops reach of these rates.  The defaults are fitted to the times of all strategies on all kernels of
  // tests/bench; tests/bench/README.md compares predictions with measurements.
  double tile_share = 0.95;                  // of the multiply-adds that a core can begin, in register tiles
  double list_share = 0.85;                  // of the loads that a core can begin, where products follow lists
  double elementwise_rate = 1.4;             // operations per multiply-add; some pairs are one instruction
  double list_cycles = 1.8;                  // to test an element and to list it
  double gather_cycles = 2;                  // for an operation on a gathered element
  double cache_bytes_per_cycle = 28;         // within the second-level cache
  double kernel_start_milliseconds = 0.002;  // to begin and to end a loop over tasks
};

// The operations of multiply-adds that a core does in a millisecond; a multiply-add counts as two.
double FlopsPerMillisecond(const Machine& machine);

// The row for a Halide target such as "x86-64-linux-avx2-fma": the first whose feature the target names.
const Machine& MachineOf(const std::string& target);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_MACHINE_H_
