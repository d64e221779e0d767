// The features of processors that targets name, and the tests for them that a program makes before it runs its kernels.
#ifndef BRINE_CODEGEN_DRIVER_CPU_FEATURES_H_
#define BRINE_CODEGEN_DRIVER_CPU_FEATURES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace brine::codegen {

// The features that a Halide target needs of the processor, each once, with the names of __builtin_cpu_supports:
// "avx2", "fma", ….  The target must have no untestable feature.
std::vector<std::string> CpuFeatures(absl::string_view target);

// The words of a target after its architecture, bits and system for which a program has no test: other features of
// processors, and Halide's own switches.
std::vector<std::string> UntestableFeatures(absl::string_view target);

// The target without its untestable features.
std::string TestableTarget(absl::string_view target);

// All features for which a program has a test, with the names of targets.
std::vector<std::string> TestableFeatures();

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_CPU_FEATURES_H_
