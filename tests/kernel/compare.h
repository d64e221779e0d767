// Shared by the tests of kernels.
#ifndef BRINE_TESTS_KERNEL_COMPARE_H_
#define BRINE_TESTS_KERNEL_COMPARE_H_

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "codegen/driver/build_step.h"
#include "codegen/driver/compare.h"

namespace brine::codegen {

inline BuildOptions TestOptions() {
  BuildOptions options;
  options.cache_folder = BRINE_BINARY_DIR "/cache";
  return options;
}

// This machine's target and, where that is AVX-512, AVX2 as well: register tiles and lists differ.
inline std::vector<const char*> Targets() {
  std::vector<const char*> targets = {""};
  if (__builtin_cpu_supports("avx512f")) targets.push_back("x86-64-linux-avx-avx2-f16c-fma-sse41");
  return targets;
}
inline std::string TargetName(const char* target) { return *target == '\0' ? "Host" : "Avx2"; }

// Adds one draw of `name`, which the interpreter calls `expected`.  Whole numbers must agree exactly.
inline void AddErrors(const std::string& name, const std::string& expected, const ir::Tensors<float>& kernel,
                      const ir::Tensors<float>& float_loop, const ir::Tensors<double>& exact,
                      const ir::Tensors<double>& absolute, Errors& errors) {
  const ir::Tensor<float>&got = kernel.at(name), &rounded = float_loop.at(expected);
  const ir::Tensor<double>&want = exact.at(expected), &terms = absolute.at(expected);
  EXPECT_EQ(got.integers, want.integers) << name;
  ASSERT_EQ(got.real.size(), want.real.size()) << name;
  errors.size = want.size();
  for (size_t element = 0; element < want.real.size(); ++element) {
    ASSERT_FALSE(std::isnan(got.real[element])) << name << "[" << element << "]";
    errors.Add(got.real[element], rounded.real[element], want.real[element], terms.real[element]);
  }
}

}  // namespace brine::codegen

#endif  // BRINE_TESTS_KERNEL_COMPARE_H_
