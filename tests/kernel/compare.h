// Comparing what kernels compute with the interpreter.
#ifndef BRINE_TESTS_KERNEL_COMPARE_H_
#define BRINE_TESTS_KERNEL_COMPARE_H_

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "codegen/build_step.h"
#include "ir/interpret.h"

namespace brine::codegen {

inline BuildOptions TestOptions() {
  BuildOptions options;
  options.cache_folder = BRINE_BINARY_DIR "/kernel_cache";
  return options;
}

inline ir::Tensors<double> ToDouble(const ir::Tensors<float>& tensors, bool absolute = false) {
  ir::Tensors<double> result;
  for (const auto& [name, tensor] : tensors) {
    ir::Tensor<double>& copy = result[name];
    copy.dtype = tensor.dtype;
    copy.dims = tensor.dims;
    copy.whole = tensor.whole;
    for (float element : tensor.real) copy.real.push_back(absolute ? std::abs(element) : element);
  }
  return result;
}

// Pools the errors of one value over several draws.
struct Errors {
  double kernel = 0, float_loop = 0, terms = 0;  // sums of squares: of both errors, and of the sum of absolute terms
  int64_t elements = 0;
  int64_t size = 0;  // of one draw

  // What DESIGN.md allows: twice a float32 loop's error (three times for small tensors), and a few units in the last place of the terms.
  double Bound() const {
    const double n = static_cast<double>(elements);
    return (size < 1000 ? 3 : 2) * std::sqrt(float_loop / n) + std::ldexp(std::sqrt(terms / n), -22);
  }
  double Rmse() const { return std::sqrt(kernel / static_cast<double>(elements)); }
};

// Adds one draw of `name`.  Whole numbers must agree exactly.
inline void AddErrors(const std::string& name, const ir::Tensors<float>& kernel, const ir::Tensors<float>& float_loop,
                      const ir::Tensors<double>& exact, const ir::Tensors<double>& absolute, Errors& errors) {
  const ir::Tensor<float>&got = kernel.at(name), &rounded = float_loop.at(name);
  const ir::Tensor<double>&want = exact.at(name), &terms = absolute.at(name);
  EXPECT_EQ(got.whole, want.whole) << name;
  ASSERT_EQ(got.real.size(), want.real.size()) << name;
  errors.size = want.size();
  errors.elements += want.size();
  const auto square = [](double x) { return x * x; };
  for (size_t at = 0; at < want.real.size(); ++at) {
    ASSERT_FALSE(std::isnan(got.real[at])) << name << "[" << at << "]";
    errors.kernel += square(got.real[at] - want.real[at]);
    errors.float_loop += square(rounded.real[at] - want.real[at]);
    errors.terms += std::max(square(terms.real[at]), square(want.real[at]));
  }
}

}  // namespace brine::codegen

#endif  // BRINE_TESTS_KERNEL_COMPARE_H_
