#include "codegen/driver/machine.h"

namespace brine::codegen {
namespace {

// Rows of more general targets come later, since a target uses the first row whose feature it names.
//
// The row of avx512_sapphirerapids is for the cores of Intel's servers from 2023 on, and that of avx512_zen5 for AMD's
// from 2024 on.  Both execute two 512-bit operations in a cycle; their shares of the rates were fitted on such cores.
// The other rows of x86-64 are for AMD's Zen 4.  It executes a 512-bit operation in two halves, hence the rates of 1
// with AVX-512, and its loops that are bound by memory are faster with vectors of 8 floats than with 16.  The row
// avx512 has that core's second-level cache of 1 MB; the others have the smaller cache of older cores.  The row of
// arm-64 is for Arm's Neoverse N1.
constexpr Machine kMachines[] = {
    {.name = "sapphirerapids",
     .feature = "avx512_sapphirerapids",
     .lanes = 16,
     .streaming_lanes = 8,
     .registers = 32,
     .l1_bytes = 48 << 10,
     .l2_bytes = 2 << 20,
     .l3_bytes = 16 << 20,
     .tasks = 16,
     .multiply_add_latency = 4,
     .gigahertz = 2.8,
     .multiply_adds_per_cycle = 2,
     .loads_per_cycle = 2,
     .near_gigabytes_per_second = 75,
     .read_gigabytes_per_second = 24,
     .write_gigabytes_per_second = 16,
     .tile_share = 1,
     .list_share = 0.65,
     .elementwise_rate = 2,
     .list_cycles = 0.9,
     .gather_cycles = 0.6,
     .cache_bytes_per_cycle = 25,
     .kernel_start_milliseconds = 0.014},
    {.name = "zen5",
     .feature = "avx512_zen5",
     .lanes = 16,
     .streaming_lanes = 8,
     .registers = 32,
     .l1_bytes = 48 << 10,
     .l2_bytes = 1 << 20,
     .l3_bytes = 32 << 20,
     .tasks = 16,
     .multiply_add_latency = 4,
     .gigahertz = 4.1,
     .multiply_adds_per_cycle = 2,
     .loads_per_cycle = 2,
     .near_gigabytes_per_second = 75,
     .read_gigabytes_per_second = 75,
     .write_gigabytes_per_second = 24,
     .elementwise_rate = 1,
     .list_cycles = 1.9,
     .gather_cycles = 0.6,
     .cache_bytes_per_cycle = 60,
     .kernel_start_milliseconds = 0.0035},
    {.name = "avx512",
     .feature = "avx512",
     .lanes = 16,
     .streaming_lanes = 8,
     .registers = 32,
     .l1_bytes = 32 << 10,
     .l2_bytes = 1 << 20,
     .l3_bytes = 32 << 20,
     .tasks = 16,
     .multiply_add_latency = 4,
     .gigahertz = 3.7,
     .multiply_adds_per_cycle = 1,
     .loads_per_cycle = 1,
     .near_gigabytes_per_second = 44,
     .read_gigabytes_per_second = 44,
     .write_gigabytes_per_second = 16},
    {.name = "avx2",
     .feature = "avx2",
     .lanes = 8,
     .streaming_lanes = 8,
     .registers = 16,
     .l1_bytes = 32 << 10,
     .l2_bytes = 512 << 10,
     .l3_bytes = 16 << 20,
     .tasks = 16,
     .multiply_add_latency = 4,
     .gigahertz = 3.7,
     .multiply_adds_per_cycle = 2,
     .loads_per_cycle = 2,
     .near_gigabytes_per_second = 44,
     .read_gigabytes_per_second = 44,
     .write_gigabytes_per_second = 16},
    {.name = "neon",
     .feature = "arm-64",
     .lanes = 4,
     .streaming_lanes = 4,
     .registers = 32,
     .l1_bytes = 64 << 10,
     .l2_bytes = 1 << 20,
     .l3_bytes = 16 << 20,
     .tasks = 16,
     .multiply_add_latency = 4,
     .gigahertz = 3.0,
     .multiply_adds_per_cycle = 2,
     .loads_per_cycle = 2,
     .near_gigabytes_per_second = 44,
     .read_gigabytes_per_second = 44,
     .write_gigabytes_per_second = 16},
    {.name = "sse",
     .feature = "",
     .lanes = 4,
     .streaming_lanes = 4,
     .registers = 16,
     .l1_bytes = 32 << 10,
     .l2_bytes = 256 << 10,
     .l3_bytes = 8 << 20,
     .tasks = 16,
     .multiply_add_latency = 4,
     .gigahertz = 3.0,
     .multiply_adds_per_cycle = 1,
     .loads_per_cycle = 2,
     .near_gigabytes_per_second = 44,
     .read_gigabytes_per_second = 44,
     .write_gigabytes_per_second = 16},
};

}  // namespace

double FlopsPerMillisecond(const Machine& machine) {
  return 2e6 * machine.gigahertz * machine.multiply_adds_per_cycle * machine.lanes;
}

const Machine& MachineOf(const std::string& target) {
  const Machine* machine = kMachines;
  while (target.find(machine->feature) == std::string::npos) ++machine;
  return *machine;
}

}  // namespace brine::codegen
