// The features of processors that targets name, and how a program tests for them before it runs its kernels.
#ifndef BRINE_CODEGEN_DRIVER_CPU_FEATURES_H_
#define BRINE_CODEGEN_DRIVER_CPU_FEATURES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace brine::codegen {

// The features that a Halide target needs of the processor, as __builtin_cpu_supports names them: "avx2", "fma", …
// The target must have none that is untestable.
std::vector<std::string> CpuFeatures(absl::string_view target);

// The words of a target, behind its architecture, bits and system, for which a program has no test: other features of
// processors, and Halide's switches.
std::vector<std::string> UntestableFeatures(absl::string_view target);

// The target without these words.
std::string TestableTarget(absl::string_view target);

std::vector<std::string> TestableFeatures();  // all, as targets name them

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_CPU_FEATURES_H_
