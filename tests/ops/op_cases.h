// Cases for every op: the types of the operands, their contents, and attributes.  The sizes are chosen to find
// mistakes: 1, primes, and windows that do not divide the image.  Tests of what holds for all ops iterate over this
// table.  The completeness test fails for an op without a row.
#ifndef BRINE_TESTS_OPS_OP_CASES_H_
#define BRINE_TESTS_OPS_OP_CASES_H_

#include <random>
#include <string>
#include <vector>

#include "ir/op.h"
#include "tests/ops/op_test_util.h"

namespace brine::ir {

// The distribution of the elements of an operand.
enum class Domain : uint8_t {
  kApart,  // numbers in (−1, 1) that all differ, and of which none is near 0, so that no kink of relu or max is near
  kPositive,  // [0.5, 1.5)
  kShare,     // [0, 1)
  kSmall,     // whole numbers 0 … 3
  kWords      // u32
};

struct Operand {
  Operand(const char* type_text)
      : Operand(type_text, IsReal(TypeOf(type_text).dtype) ? Domain::kApart : Domain::kSmall) {}
  Operand(const char* type_text, Domain operand_domain) : type(TypeOf(type_text)), domain(operand_domain) {}

  Type type;
  Domain domain;
};

struct OpCase {
  const Op* op;
  std::vector<Operand> operands;
  Attributes attributes = {};
  int64_t rows = 3;
};

inline std::string ToString(const OpCase& row) {
  std::string text = row.op->name + "(";
  for (const Operand& operand : row.operands) text += (text.back() == '(' ? "" : ", ") + ToString(operand.type);
  text += ")";
  for (const auto& [name, value] : row.attributes)
    text += " " + name + "=" + ToString(row.op->FindAttribute(name)->kind, value);
  return text;
}

inline std::vector<OpCase> OpCases() {
  const Operand positive("f32[]", Domain::kPositive), share("f32[]", Domain::kShare);
  const Operand squares("f32[7]", Domain::kPositive);
  const Operand seed("u32[2]", Domain::kWords), step("u32[2]", Domain::kSmall);
  const Attributes tall = {{"window", Ints{5, 3}}, {"pads", Ints{3, 0, 4, 2}}, {"strides", Ints{2, 1}}};
  const Attributes tiny = {{"window", Ints{1, 1}}, {"strides", Ints{2, 3}}};
  const Attributes overlapping = {{"window", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{1, 1}}};
  const Attributes eight = {{"window", Ints{4, 2}}, {"strides", Ints{4, 2}}};
  const Attributes whole = {{"window", Ints{7, 5}}, {"strides", Ints{1, 1}}};
  const Attributes padded = {{"pads", Ints{1, 2, 0, 1}}, {"strides", Ints{2, 1}}};
  const Attributes dilated = {{"pads", Ints{2, 0, 1, 3}}, {"dilations", Ints{2, 3}}, {"strides", Ints{1, 2}}};
  const Attributes grouped = {{"groups", int64_t{2}}, {"pads", Ints{1, 1, 1, 1}}};
  const Attributes depthwise = {{"groups", int64_t{3}}, {"strides", Ints{2, 2}}};
  const auto with = [](Attributes attributes, const char* name, Ints value) {
    attributes.Set(name, std::move(value));
    return attributes;
  };
  return {
      {&kConstant, {}, {{"dtype", "f32"}, {"shape", Ints{2, 3}}, {"values", Floats{0.25}}}},
      {&kConstant, {}, {{"dtype", "i32"}, {"shape", Ints{3}}, {"values", Floats{-1, 0, 7}}}},
      {&kReshape, {"f32[n,3,5]"}, {{"shape", Ints{kBatch, 15}}}},
      {&kReshape, {"f32[2,1,3]"}, {{"shape", Ints{3, 2}}}},
      {&kBroadcast, {"f32[1,3]"}, {{"shape", Ints{kBatch, 2, 3}}}},
      {&kBroadcast, {"f32[n,1,5]"}, {{"shape", Ints{kBatch, 7, 5}}}},
      {&kMeanOverShards, {"f32[3,5]"}, {}},
      {&kCast, {"u8[n,5]"}, {{"to", "f32"}}},
      {&kCast, {"f32[n,5]"}, {{"to", "i32"}}},
      {&kAdd, {"f32[n,3,5]", "f32[5]"}},
      {&kAdd, {"f32[]", "f32[n,3]"}},
      {&kSub, {"f32[n,3]", "f32[n,3]"}},
      {&kSub, {"f32[n,1,3]", "f32[1,5,1]"}},
      {&kMul, {"f32[n,3]", "f32[1,3]"}},
      {&kMul, {"f32[7]", "f32[n,2,7]"}},
      {&kDiv, {"f32[n,3]", {"f32[n,1]", Domain::kPositive}}},
      {&kDiv, {"f32[3]", {"f32[n,3]", Domain::kPositive}}},
      {&kNeg, {"f32[n,7]"}},
      {&kExp, {"f32[n,7]"}},
      {&kLog, {{"f32[n,7]", Domain::kPositive}}},
      {&kSqrt, {{"f32[n,7]", Domain::kPositive}}},
      {&kSin, {"f32[n,7]"}},
      {&kCos, {"f32[n,7]"}},
      {&kErf, {"f32[n,7]"}},
      {&kAbs, {"f32[n,7]"}},
      {&kSign, {"f32[n,7]"}},
      {&kMinimum, {"f32[n,7]", share}},
      {&kMinimum, {"f32[n,3,5]", "f32[3,1]"}},
      {&kMaximum, {"f32[n,7]", share}},
      {&kMaximum, {"f32[7]", "f32[n,2,7]"}},
      {&kGreater, {"f32[n,7]", share}},
      {&kGreater, {"f32[n,1,3]", "f32[5,1]"}},
      {&kSelect, {"f32[n,7]", "f32[n,7]", "f32[n,7]"}},
      {&kSelect, {"f32[n,1,1]", "f32[n,3,1]", "f32[5]"}},
      {&kSelect, {"f32[5]", "f32[]", "f32[n,5]"}},
      {&kRelu, {"f32[n,7]"}},
      {&kReluGrad, {"f32[n,7]", "f32[n,7]"}},
      {&kClippedRelu, {"f32[n,7]", {"f32[]", Domain::kShare}}},
      {&kLeakyRelu, {"f32[n,7]", {"f32[]", Domain::kShare}}},
      {&kElu, {"f32[n,7]", positive}},
      {&kSoftplus, {"f32[n,7]"}},
      {&kSigmoid, {"f32[n,7]"}},
      {&kTanh, {"f32[n,7]"}},
      {&kEqual, {"i32[n,7]", "i32[n,7]"}},
      {&kConcatenate, {"f32[n,3]"}, {{"axis", int64_t{1}}}},
      {&kConcatenate, {"f32[n,2,3]", "f32[n,1,3]", "f32[n,5,3]"}, {{"axis", int64_t{1}}}},
      {&kConcatenate, {"f32[n,5,1]", "f32[n,5,2]", "f32[n,5,7]", "f32[n,5,1]"}, {{"axis", int64_t{2}}}},
      {&kConcatenate, {"u8[2,3]", "u8[5,3]"}, {{"axis", int64_t{0}}}},
      {&kSlice, {"f32[n,7,3]"}, {{"begin", Ints{0, 2, 1}}, {"shape", Ints{kBatch, 4, 2}}}},
      {&kSlice, {"f32[n,7]"}, {{"begin", Ints{0, 0}}, {"shape", Ints{kBatch, 3}}}},
      {&kSlice, {"f32[n,7]"}, {{"begin", Ints{0, 6}}, {"shape", Ints{kBatch, 1}}}},
      {&kSlice, {"u8[3,5]"}, {{"begin", Ints{1, 0}}, {"shape", Ints{2, 5}}}},
      {&kPad, {"f32[n,3,2,1]"}, {{"begin", Ints{0, 2, 1, 0}}, {"shape", Ints{kBatch, 6, 3, 1}}}},
      {&kPad, {"f32[n,5]"}, {{"begin", Ints{0, 0}}, {"shape", Ints{kBatch, 7}}}},
      {&kPad, {"u8[3,5]"}, {{"begin", Ints{1, 2}}, {"shape", Ints{4, 7}}}},
      {&kTranspose, {"f32[n,3,5,2]"}, {{"permutation", Ints{0, 3, 1, 2}}}},
      {&kTranspose, {"f32[n,3,5]"}, {{"permutation", Ints{0, 2, 1}}}},
      {&kTranspose, {"u8[3,1,5]"}, {{"permutation", Ints{2, 0, 1}}}},
      {&kResize, {"f32[n,3,5,2]"}, {{"axis", int64_t{1}}, {"size", int64_t{6}}}},
      {&kResize, {"f32[n,3,5,2]"}, {{"axis", int64_t{2}}, {"size", int64_t{3}}}},
      {&kResize, {"f32[n,4]"}, {{"axis", int64_t{1}}, {"size", int64_t{11}}}},
      {&kResize, {"f32[n,1,5]"}, {{"axis", int64_t{1}}, {"size", int64_t{3}}}},
      {&kResize, {"f32[n,7,2]"}, {{"axis", int64_t{1}}, {"size", int64_t{5}}, {"interpolation", "nearest"}}},
      {&kResize, {"u8[n,5,3]"}, {{"axis", int64_t{1}}, {"size", int64_t{13}}, {"interpolation", "nearest"}}},
      {&kResizeGrad, {"f32[n,6,5,2]"}, {{"axis", int64_t{1}}, {"extent", int64_t{3}}}},
      {&kResizeGrad, {"f32[n,3,3,2]"}, {{"axis", int64_t{2}}, {"extent", int64_t{5}}}},
      {&kResizeGrad, {"f32[n,11]"}, {{"axis", int64_t{1}}, {"extent", int64_t{4}}}},
      {&kResizeGrad, {"f32[n,3,5]"}, {{"axis", int64_t{1}}, {"extent", int64_t{1}}}},
      {&kResizeGrad, {"f32[n,5,2]"}, {{"axis", int64_t{1}}, {"extent", int64_t{7}}, {"interpolation", "nearest"}}},
      {&kAffineTransform, {"f32[n,5,4,2]", "f32[n,6]"}, {{"size", Ints{4, 3}}, {"fill_mode", "constant"}}},
      {&kAffineTransform,
       {"u8[n,4,5,1]", "f32[n,6]"},
       {{"size", Ints{3, 7}}, {"fill_mode", "wrap"}, {"interpolation", "nearest"}}},
      {&kInTrainPhase, {"f32[n,7]", "f32[n,7]"}},
      {&kInTrainPhase, {"u8[n,7]", "u8[n,7]"}},
      {&kStopGradient, {"f32[n,7]"}},
      {&kReduceSum, {"f32[n,3,5]"}, {{"axes", Ints{0}}}},
      {&kReduceSum, {"f32[n,3,5]"}, {{"axes", Ints{1}}, {"keep_dims", true}}},
      {&kReduceSum, {"f32[n,3,5]"}, {{"axes", Ints{0, 2}}}},
      {&kReduceSum, {"f32[n,3,64]"}, {{"axes", Ints{2}}}},
      {&kReduceSum, {"f32[n,3,48]"}, {{"axes", Ints{2}}, {"keep_dims", true}}},
      {&kReduceSum, {"f32[n,37,32]"}, {{"axes", Ints{1, 2}}}},
      {&kReduceSum, {"f32[n,3]"}, {{"axes", Ints{0, 1}}}},
      {&kArgmax, {"f32[n,7]"}},
      {&kArgmax, {"f32[n,3,1]"}},
      {&kOneHot, {"i32[n]"}, {{"classes", int64_t{5}}}},
      {&kOneHot, {"i32[n,2]"}, {{"classes", int64_t{1}}}},
      {&kSoftmax, {"f32[n,7]"}},
      {&kSoftmax, {"f32[n,3,32]"}},
      {&kSoftmax, {"f32[n,2,5]"}},
      {&kLogSoftmax, {"f32[n,7]"}},
      {&kLogSoftmax, {"f32[n,48]"}},
      {&kLogSoftmax, {"f32[n,1]"}},
      {&kMatmul, {"f32[n,5]", "f32[5,3]"}},
      {&kMatmul, {"f32[n,2,5]", "f32[3,5]"}, {{"transpose_b", true}}},
      {&kMatmul, {"f32[n,5]", "f32[n,3]"}, {{"transpose_a", true}}},
      {&kMatmul, {"f32[n,2,1]", "f32[n,2,7]"}, {{"transpose_a", true}}},
      {&kMatmul, {"f32[5]", "f32[5,1]"}},
      {&kConv2D, {"f32[n,5,4,2]", "f32[3,2,2,3]"}},
      {&kConv2D, {"f32[n,5,4,1]", "f32[3,3,1,2]"}, padded},
      {&kConv2D, {"f32[n,5,7,2]", "f32[3,2,2,3]"}, dilated},
      {&kConv2D, {"f32[n,3,4,4]", "f32[3,3,2,6]"}, grouped},
      {&kConv2D, {"f32[n,5,5,3]", "f32[2,2,1,3]"}, depthwise},
      {&kConv2D, {"f32[n,1,1,5]", "f32[1,1,5,1]"}, {}, 1},
      {&kConv2DInputGrad, {"f32[n,3,3,3]", "f32[3,2,2,3]"}, {{"input_size", Ints{5, 4}}}},
      {&kConv2DInputGrad, {"f32[n,2,5,2]", "f32[3,3,1,2]"}, with(padded, "input_size", {5, 4})},
      {&kConv2DInputGrad, {"f32[n,4,4,3]", "f32[3,2,2,3]"}, with(dilated, "input_size", {5, 7})},
      {&kConv2DInputGrad, {"f32[n,3,4,6]", "f32[3,3,2,6]"}, with(grouped, "input_size", {3, 4})},
      {&kConv2DWeightGrad, {"f32[n,5,4,2]", "f32[n,3,3,3]"}, {{"kernel_size", Ints{3, 2}}}},
      {&kConv2DWeightGrad, {"f32[n,5,4,1]", "f32[n,2,5,2]"}, with(padded, "kernel_size", {3, 3})},
      {&kConv2DWeightGrad, {"f32[n,5,7,2]", "f32[n,4,4,3]"}, with(dilated, "kernel_size", {3, 2})},
      {&kConv2DWeightGrad, {"f32[n,3,4,4]", "f32[n,3,4,6]"}, with(grouped, "kernel_size", {3, 3})},
      {&kMaxPool, {"f32[n,5,7,2]"}},
      {&kMaxPool, {"f32[n,7,5,3]"}, tall},
      {&kMaxPool, {"f32[n,5,5,1]"}, overlapping},
      {&kMaxPool, {"f32[n,5,7,1]"}, tiny},
      {&kMaxPool, {"f32[n,7,5,1]"}, whole},
      {&kMaxPoolGrad, {"f32[n,2,3,2]", "u8[n,2,3,2]"}, {{"input_size", Ints{5, 7}}}},
      {&kMaxPoolGrad, {"f32[n,5,5,1]", "u8[n,5,5,1]"}, with(overlapping, "input_size", {5, 5})},
      {&kAvgPool, {"f32[n,5,7,2]"}},
      {&kAvgPool, {"f32[n,7,5,3]"}, tall},
      {&kAvgPool, {"f32[n,5,5,1]"}, overlapping},
      {&kAvgPool, {"f32[n,7,5,1]"}, whole},
      {&kAvgPoolGrad, {"f32[n,2,3,2]"}, {{"input_size", Ints{5, 7}}}},
      {&kAvgPoolGrad, {"f32[n,5,5,1]"}, with(overlapping, "input_size", {5, 5})},
      {&kReluAvgPool, {"f32[n,5,7,2]"}},
      {&kReluAvgPool, {"f32[n,9,5,3]"}, eight},
      {&kReluAvgPoolGrad, {"f32[n,2,3,2]", "u8[n,2,3,2]"}, {{"input_size", Ints{5, 7}}}},
      {&kReluAvgPoolGrad, {"f32[n,2,2,3]", "u8[n,2,2,3]"}, with(eight, "input_size", {9, 5})},
      {&kDropout, {"f32[n,7]", "f32[]", seed, step}, {{"id", int64_t{77}}}},
      {&kRandomUniform, {seed, step}, {{"id", int64_t{84}}, {"shape", Ints{kBatch, 3, 1}}}},
      {&kRandomUniform, {seed, step}, {{"id", int64_t{85}}, {"shape", Ints{5}}}},
      {&kRandomUniform, {seed, step}, {{"id", int64_t{86}}, {"shape", Ints{}}}},
      {&kRandomNormal, {seed, step}, {{"id", int64_t{87}}, {"shape", Ints{kBatch, 7}}}},
      {&kRandomNormal, {seed, step}, {{"id", int64_t{88}}, {"shape", Ints{}}}},
      {&kRandomFlip, {"f32[n,3,5,2]", seed, step}, {{"id", int64_t{78}}}},
      {&kRandomFlip, {"u8[n,3,4,1]", seed, step}, {{"id", int64_t{79}}, {"mode", "vertical"}}},
      {&kRandomTranslation,
       {"f32[n,5,4,2]", seed, step},
       {{"id", int64_t{80}}, {"height_factor", Floats{-0.5, 0.5}}, {"width_factor", Floats{-0.25, 0.5}}}},
      {&kRandomTranslation,
       {"u8[n,4,5,1]", seed, step},
       {{"id", int64_t{81}},
        {"height_factor", Floats{-1, 1}},
        {"width_factor", Floats{-1, 1}},
        {"fill_mode", "wrap"},
        {"interpolation", "nearest"}}},
      {&kSgd, {"f32[3,5]", "f32[3,5]", positive}},
      {&kMomentum, {"f32[3,5]", "f32[3,5]", "f32[3,5]", positive, positive}},
      {&kMomentum, {"f32[7]", "f32[7]", "f32[7]", positive, positive}, {{"nesterov", true}}},
      {&kAdam, {"f32[7]", "f32[7]", "f32[7]", squares, positive, share, share, positive}},
      {&kAmsgrad, {"f32[7]", "f32[7]", "f32[7]", squares, squares, positive, share, share, positive}},
      {&kAdamax, {"f32[7]", "f32[7]", "f32[7]", squares, positive, share, share, positive}},
      {&kNadam, {"f32[7]", "f32[7]", "f32[7]", squares, positive, positive, share, share, positive}},
      {&kRmsprop, {"f32[7]", "f32[7]", squares, positive, share, positive}},
      {&kRmspropMomentum, {"f32[7]", "f32[7]", squares, "f32[7]", positive, share, positive, share}},
      {&kCenteredRmsprop, {"f32[7]", "f32[7]", squares, "f32[7]", positive, share, positive}},
      {&kCenteredRmspropMomentum, {"f32[7]", "f32[7]", squares, "f32[7]", "f32[7]", positive, share, positive, share}},
      {&kAdagrad, {"f32[3,5]", "f32[3,5]", {"f32[3,5]", Domain::kPositive}, positive, positive}},
      {&kAdadelta, {"f32[7]", "f32[7]", squares, squares, positive, share, positive}},
      {&kLion, {"f32[7]", "f32[7]", "f32[7]", positive, share, share}},
  };
}

template <typename Real>
Tensor<Real> RandomTensor(const Operand& operand, int64_t rows, std::mt19937& random) {
  Tensor<Real> tensor = MakeTensor<Real>(operand.type, rows);
  std::uniform_real_distribution<double> uniform(0.5, 1.5);
  const size_t size = static_cast<size_t>(tensor.size());
  std::vector<size_t> order(size);
  for (size_t i = 0; i < size; ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  for (size_t i = 0; i < tensor.real.size(); ++i) {
    // Equidistant numbers in (−1, 1), in random order.  0 is in the middle between two of them.
    const double apart = (2 * static_cast<double>(order[i]) + 1.5) / (static_cast<double>(size) + 0.25) - 1;
    tensor.real[i] = static_cast<Real>(operand.domain == Domain::kPositive ? uniform(random)
                                       : operand.domain == Domain::kShare  ? uniform(random) - 0.5
                                                                           : apart);
  }
  for (int64_t& element : tensor.integers) element = operand.domain == Domain::kWords ? random() : random() % 4;
  return tensor;
}

// The operands of the case.  Every call returns the same ones.
template <typename Real>
std::vector<Tensor<Real>> RandomOperands(const OpCase& row) {
  std::mt19937 random(20240607);
  std::vector<Tensor<Real>> tensors;
  for (const Operand& operand : row.operands) tensors.push_back(RandomTensor<Real>(operand, row.rows, random));
  return tensors;
}

}  // namespace brine::ir

#endif  // BRINE_TESTS_OPS_OP_CASES_H_
