#include "codegen/halide/machine.h"

namespace brine::codegen {
namespace {

// A target uses the first row that fits.  x86-64: AMD's Zen 4, which executes 512-bit operations in two halves; a core
// has a second-level cache of 1 MB if it has AVX-512.  Loops that are bound by memory are slower there with vectors of
// a whole cache line, 16 floats.  arm-64: Arm's Neoverse N1.
constexpr Machine kMachines[] = {
    {.name = "avx512",
     .feature = "avx512",
     .lanes = 16,
     .far_lanes = 8,
     .registers = 32,
     .l1_bytes = 32 << 10,
     .l2_bytes = 1 << 20,
     .latency = 4,
     .gigahertz = 3.7,
     .products = 1,
     .loads = 1,
     .far_gigabytes = 40},
    {.name = "avx2",
     .feature = "avx2",
     .lanes = 8,
     .far_lanes = 8,
     .registers = 16,
     .l1_bytes = 32 << 10,
     .l2_bytes = 512 << 10,
     .latency = 4,
     .gigahertz = 3.7,
     .products = 2,
     .loads = 2,
     .far_gigabytes = 40},
    {.name = "neon",
     .feature = "arm-64",
     .lanes = 4,
     .far_lanes = 4,
     .registers = 32,
     .l1_bytes = 64 << 10,
     .l2_bytes = 1 << 20,
     .latency = 4,
     .gigahertz = 3.0,
     .products = 2,
     .loads = 2,
     .far_gigabytes = 40},
    {.name = "sse",
     .feature = "",
     .lanes = 4,
     .far_lanes = 4,
     .registers = 16,
     .l1_bytes = 32 << 10,
     .l2_bytes = 256 << 10,
     .latency = 4,
     .gigahertz = 3.0,
     .products = 1,
     .loads = 2,
     .far_gigabytes = 40},
};

}  // namespace

const Machine& MachineOf(const std::string& target) {
  const Machine* machine = kMachines;
  while (target.find(machine->feature) == std::string::npos) ++machine;
  return *machine;
}

}  // namespace brine::codegen
