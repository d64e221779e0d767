// What the tests of the ops share: types and tensors from text, and the execution of one op.
#ifndef BRINE_TESTS_OPS_OP_TEST_UTIL_H_
#define BRINE_TESTS_OPS_OP_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ir/op.h"

namespace brine::ir {

using Ints = std::vector<int64_t>;
using Floats = std::vector<double>;

// "f32[n,3]"
inline Type TypeOf(const std::string& text) {
  const size_t bracket = text.find('[');
  Type type;
  type.dtype = FindDType(text.substr(0, bracket)).value();
  const std::string dims = text.substr(bracket + 1, text.size() - bracket - 2);
  for (absl::string_view dim : absl::StrSplit(dims, ',', absl::SkipEmpty())) {
    int64_t number = kBatch;
    const bool known = dim == "n" || absl::SimpleAtoi(dim, &number);
    EXPECT_TRUE(known) << text;
    type.shape.push_back(number);
  }
  return type;
}

inline Attributes Completed(const Op& op, Attributes attributes) {
  const absl::Status status = CompleteAttributes(op, attributes);
  EXPECT_TRUE(status.ok()) << status;
  return attributes;
}

template <typename Real = double>
Tensor<Real> TensorOf(const std::string& type, const std::vector<double>& values) {
  Tensor<Real> tensor = MakeTensor<Real>(TypeOf(type), 1);
  EXPECT_EQ(static_cast<size_t>(tensor.size()), values.size()) << type;
  for (size_t i = 0; i < tensor.real.size(); ++i) tensor.real[i] = static_cast<Real>(values[i]);
  for (size_t i = 0; i < tensor.integers.size(); ++i) tensor.integers[i] = static_cast<int64_t>(values[i]);
  return tensor;
}

inline void Loop(const Op& op, const Evaluation<double>& evaluation) { op.interpret(evaluation); }
inline void Loop(const Op& op, const Evaluation<float>& evaluation) { op.interpret_f32(evaluation); }

// The results of the op's interpreter loop for `inputs`, which the op's shape rule must accept.
template <typename Real>
std::vector<Tensor<Real>> Evaluate(const Op& op, const std::vector<Tensor<Real>>& inputs,
                                   const Attributes& attributes = {}) {
  const Attributes completed = Completed(op, attributes);
  std::vector<Type> types;
  std::vector<const Tensor<Real>*> pointers;
  for (const Tensor<Real>& input : inputs) {
    types.push_back({input.dtype, input.dims});
    pointers.push_back(&input);
  }
  const absl::StatusOr<std::vector<Type>> results = InferTypes(op, types, completed);
  EXPECT_TRUE(results.ok()) << op.name << ": " << results.status();
  std::vector<Tensor<Real>> outputs;
  if (!results.ok()) return outputs;
  for (const Type& type : *results) outputs.push_back(MakeTensor<Real>(type, 1));
  Loop(op, {pointers, absl::MakeSpan(outputs), completed});
  return outputs;
}

template <typename Real>
std::vector<double> Numbers(const Tensor<Real>& tensor) {
  return tensor.real.empty() ? std::vector<double>(tensor.integers.begin(), tensor.integers.end())
                             : std::vector<double>(tensor.real.begin(), tensor.real.end());
}

inline double Largest(const std::vector<double>& numbers) {
  double largest = 0;
  for (double number : numbers) largest = std::max(largest, std::abs(number));
  return largest;
}

inline double Dot(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double sum = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace brine::ir

#endif  // BRINE_TESTS_OPS_OP_TEST_UTIL_H_
