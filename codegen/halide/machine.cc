#include "codegen/halide/machine.h"

namespace brine::codegen {
namespace {

// A target uses the first row that fits.  x86-64: AMD's Zen 4, which executes 512-bit operations in two halves; a core
// has a second-level cache of 1 MB if it has AVX-512.  Loops that are bound by memory are slower there with vectors of
// a whole cache line, 16 floats.  arm-64: Arm's Neoverse N1.
constexpr Machine kMachines[] = {
    {"avx512", "avx512", 16, 8, 32, 32 << 10, 1 << 20, 4, 3.7, 1, 1, 40},
    {"avx2", "avx2", 8, 8, 16, 32 << 10, 512 << 10, 4, 3.7, 2, 2, 40},
    {"neon", "arm-64", 4, 4, 32, 64 << 10, 1 << 20, 4, 3.0, 2, 2, 40},
    {"sse", "", 4, 4, 16, 32 << 10, 256 << 10, 4, 3.0, 1, 2, 40},
};

}  // namespace

const Machine& MachineOf(const std::string& target) {
  const Machine* machine = kMachines;
  while (target.find(machine->feature) == std::string::npos) ++machine;
  return *machine;
}

}  // namespace brine::codegen
