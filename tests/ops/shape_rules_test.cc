// Tests the shape rules: their results, and the sentences of their errors.  window_rules_test.cc has those of windows.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/ops/rule_rows.h"

namespace brine::ir {
namespace {

Attributes Constant(const char* dtype, Ints shape, Floats values) {
  return {{"dtype", dtype}, {"shape", shape}, {"values", values}};
}

TEST(ShapeRules, SourcesAndViews) {
  ExpectAnswers({
      {&kConstant, {}, Constant("f32", {2, 3}, {1}), "f32[2,3]"},
      {&kConstant, {}, Constant("u8", {}, {255}), "u8[]"},
      {&kConstant, {}, Constant("f64", {}, {1}), "dtype must be f32, i32, u32 or u8, got f64"},
      {&kConstant, {}, Constant("mask", {}, {1}), "dtype must be f32, i32, u32 or u8, got mask"},
      {&kConstant, {}, Constant("f32", {kBatch}, {1}), "shape must not depend on n, got f32[n]"},
      {&kConstant, {}, Constant("f32", {0}, {}), "shape: dimension 0 of [0] is not positive"},
      {&kConstant,
       {},
       Constant("f32", {kMax, kMax}, {1}),
       "shape: shape [9223372036854775807,9223372036854775807] has more than 2147483647 elements"},
      {&kConstant, {}, Constant("f32", {2, 2}, {1, 2, 3}), "values must hold 1 or 4 numbers, got 3"},
      {&kConstant, {}, Constant("f32", {}, {}), "values must hold 1 or 1 numbers, got 0"},
      {&kConstant, {}, Constant("u8", {}, {256}), "value 256 does not fit u8"},
      {&kConstant, {}, Constant("i32", {}, {0.5}), "value 0.5 does not fit i32"},
      {&kConstant, {}, Constant("i32", {}, {std::nan("")}), "value nan does not fit i32"},
      {&kConstant, {}, Constant("f32", {}, {1e39}), "value 1e+39 does not fit f32"},
      {&kConstant, {}, {{"dtype", "f32"}, {"shape", Ints{}}}, "constant needs the attribute values"},
      {&kConstant, {"f32[]"}, Constant("f32", {}, {1}), "constant takes 0 inputs, got 1"},
      {&kReshape, {"u8[n,3,4]"}, {{"shape", Ints{kBatch, 12}}}, "u8[n,12]"},
      {&kReshape, {"f32[1,1]"}, {{"shape", Ints{}}}, "f32[]"},
      {&kReshape, {"f32[n,3]"}, {{"shape", Ints{3, kBatch}}}, "shape may have n only as its first axis, got f32[3,n]"},
      {&kReshape,
       {"f32[n,3]"},
       {{"shape", Ints{3}}},
       "n must be the first axis of both shapes or of none, got [n,3] and [3]"},
      {&kReshape,
       {"f32[3]"},
       {{"shape", Ints{kBatch, 3}}},
       "n must be the first axis of both shapes or of none, got [3] and [n,3]"},
      {&kReshape,
       {"f32[n,3,4]"},
       {{"shape", Ints{kBatch, 13}}},
       "shape [n,13] holds 13 elements in a row, but x holds 12"},
      {&kReshape, {"f32[2,2]"}, {{"shape", Ints{5}}}, "shape [5] holds 5 elements, but x holds 4"},
      {&kReshape, {"f32[4]"}, {{"shape", Ints{-2, -2}}}, "shape: dimension -2 of [-2,-2] is not positive"},
      {&kReshape, {"f32[4]"}, {{"shape", Ints{1, 1, 1, 1, 1, 1, 1, 1, 4}}}, "shape: rank 9 exceeds 8"},
      {&kMeanOverShards, {"f32[2,3]"}, {}, "f32[2,3]"},
      {&kMeanOverShards, {"f32[n,3]"}, {}, "x must not depend on n, got f32[n,3]"},
      {&kMeanOverShards, {"u8[3]"}, {}, "x must be f32, got u8[3]"},
      {&kReshape, {"mask[8]"}, {{"shape", Ints{8}}}, "x must not be a mask, got mask[8]"},
      {&kBroadcast, {"f32[3]"}, {{"shape", Ints{kBatch, 2, 3}}}, "f32[n,2,3]"},
      {&kBroadcast, {"f32[n,1]"}, {{"shape", Ints{kBatch, 7}}}, "f32[n,7]"},
      {&kBroadcast, {"f32[n,3]"}, {{"shape", Ints{3}}}, "x cannot be stretched to shape [3], got f32[n,3]"},
      {&kBroadcast, {"f32[2]"}, {{"shape", Ints{kBatch}}}, "x and shape do not fit each other: f32[2] and f32[n]"},
      {&kBroadcast, {"f32[n]"}, {{"shape", Ints{2, kBatch}}}, "shape may have n only as its first axis, got f32[2,n]"},
      {&kCast, {"u8[n,3]"}, {{"to", "f32"}}, "f32[n,3]"},
      {&kCast, {"f32[3]"}, {{"to", "f32"}}, "x is f32 already, got f32[3]"},
      {&kCast, {"f32[3]"}, {{"to", "mask"}}, "to must be f32, i32, u32 or u8, got mask"},
      {&kCast, {"f32[3]"}, {{"to", int64_t{1}}}, "cast's attribute to has the wrong kind"},
  });
}

TEST(ShapeRules, Elementwise) {
  for (const Op* op : {&kAdd, &kSub, &kMul, &kDiv, &kMinimum, &kMaximum, &kGreater}) {
    ExpectAnswers({
        {op, {"f32[n,3]", "f32[3]"}, {}, "f32[n,3]"},
        {op, {"f32[]", "f32[]"}, {}, "f32[]"},
        {op, {"f32[1,3]", "f32[n,1]"}, {}, "f32[n,3]"},
        {op, {"f32[n,3]", "f32[n,2]"}, {}, "a and b do not fit each other: f32[n,3] and f32[n,2]"},
        {op, {"f32[n]", "f32[5]"}, {}, "a and b do not fit each other: f32[n] and f32[5]"},
        {op, {"f32[2,1]", "f32[n]"}, {}, "a and b do not fit each other: n must be the first axis of [2,n]"},
        {op, {"f32[n,n]", "f32[n]"}, {}, "a may have n only as its first axis, got f32[n,n]"},
        {op, {"u8[n]", "f32[n]"}, {}, "a must be f32, got u8[n]"},
        {op, {"f32[n]", "i32[n]"}, {}, "b must be f32, got i32[n]"},
        {op, {"f32[100000,1]", "f32[1,100000]"}, {}, "shape [100000,100000] has more than 2147483647 elements"},
        {op, {"f32[0]", "f32[1]"}, {}, "a: dimension 0 of [0] is not positive"},
    });
    EXPECT_EQ(Answer({op, {"f32[]"}, {}, ""}), op->name + " takes 2 inputs, got 1");
    EXPECT_EQ(Answer({op, {"f32[]", "f32[]"}, {{"axis", int64_t{1}}}, ""}), op->name + " has no attribute axis");
  }
  for (const Op* op : {&kNeg, &kExp, &kLog, &kSqrt, &kErf, &kAbs, &kSign, &kRelu, &kSoftplus, &kSigmoid, &kTanh}) {
    ExpectAnswers({{op, {"f32[n,3]"}, {}, "f32[n,3]"}, {op, {"u8[n,3]"}, {}, "x must be f32, got u8[n,3]"}});
  }
  ExpectAnswers({
      {&kReluGrad, {"f32[n,3]", "f32[n,3]"}, {}, "f32[n,3]"},
      {&kReluGrad, {"f32[n,3]", "f32[3]"}, {}, "y must be f32[n,3], got f32[3]"},
      {&kReluGrad, {"f32[n,3]", "i32[n,3]"}, {}, "y must be f32[n,3], got i32[n,3]"},
      {&kSelect, {"f32[n,1]", "f32[]", "f32[3]"}, {}, "f32[n,3]"},
      {&kSelect,
       {"f32[2]", "f32[n,3]", "f32[3]"},
       {},
       "condition and the chosen value do not fit each other: f32[2] "
       "and f32[n,3]"},
      {&kSelect, {"f32[n]", "f32[2]", "f32[3]"}, {}, "a and b do not fit each other: f32[2] and f32[3]"},
      {&kSelect, {"i32[n]", "f32[n]", "f32[n]"}, {}, "condition must be f32, got i32[n]"},
      {&kSelect, {"f32[n]", "u8[n]", "f32[n]"}, {}, "a must be f32, got u8[n]"},
      {&kSelect, {"f32[n]", "f32[n]", "u8[n]"}, {}, "b must be f32, got u8[n]"},
      {&kClippedRelu, {"f32[n,3]", "f32[]"}, {}, "f32[n,3]"},
      {&kClippedRelu, {"f32[n,3]", "f32[3]"}, {}, "max_value must be f32[], got f32[3]"},
      {&kLeakyRelu, {"u8[n,3]", "f32[]"}, {}, "x must be f32, got u8[n,3]"},
      {&kLeakyRelu, {"f32[n,3]", "f32[1]"}, {}, "slope must be f32[], got f32[1]"},
      {&kElu, {"f32[n,3]", "i32[]"}, {}, "alpha must be f32[], got i32[]"},
      {&kStopGradient, {"f32[n,3]"}, {}, "f32[n,3]"},
      {&kInTrainPhase, {"f32[n,3]", "f32[n,3]"}, {}, "f32[n,3]"},
      {&kInTrainPhase, {"u8[n]", "u8[n]"}, {}, "u8[n]"},
      {&kInTrainPhase, {"mask[8]", "mask[8]"}, {}, "x must not be a mask, got mask[8]"},
      {&kInTrainPhase, {"f32[n,3]", "f32[3]"}, {}, "alt must be f32[n,3], got f32[3]"},
      {&kEqual, {"i32[n]", "i32[n]"}, {}, "f32[n]"},
      {&kEqual, {"f32[n]", "i32[n]"}, {}, "a must be i32, got f32[n]"},
      {&kEqual, {"i32[n]", "i32[1]"}, {}, "b must be i32[n], got i32[1]"},
  });
}

TEST(ShapeRules, BoxesAndPermutations) {
  const auto box = [](Ints begin, Ints shape) -> Attributes { return {{"begin", begin}, {"shape", shape}}; };
  const auto order = [](Ints axes) -> Attributes { return {{"permutation", axes}}; };
  ExpectAnswers({
      {&kSlice, {"f32[n,7,2]"}, box({0, 2, 1}, {kBatch, 5, 1}), "f32[n,5,1]"},
      {&kSlice, {"i32[7]"}, box({6}, {1}), "i32[1]"},
      {&kSlice, {"f32[n,7]"}, box({0, 1}, {kBatch, 7}), "axis 1 of shape [n,7] does not fit x [n,7] from 1 on"},
      {&kSlice, {"f32[n,7]"}, box({0, 7}, {kBatch, 1}), "axis 1 of shape [n,1] does not fit x [n,7] from 7 on"},
      {&kSlice, {"f32[n,7]"}, box({0, 0}, {2, 7}), "axis 0 of shape [2,7] does not fit x [n,7] from 0 on"},
      {&kSlice, {"f32[n,7]"}, box({1, 0}, {kBatch, 7}), "axis 0 of shape [n,7] does not fit x [n,7] from 1 on"},
      {&kSlice, {"f32[n,7]"}, box({0, 0}, {kBatch, 0}), "axis 1 of shape [n,0] does not fit x [n,7] from 0 on"},
      {&kSlice,
       {"f32[n,7]"},
       box({0, 0}, {kBatch, kMax}),
       "axis 1 of shape [n,9223372036854775807] does not fit x "
       "[n,7] from 0 on"},
      {&kSlice, {"f32[n,7]"}, box({0, -1}, {kBatch, 1}), "begin must not be negative, got [0,-1]"},
      {&kSlice, {"f32[n,7]"}, box({0}, {kBatch, 1}), "begin must hold 2 numbers, got 1"},
      {&kSlice, {"f32[n,7]"}, box({0}, {kBatch}), "shape must have the rank of x, got f32[n] and f32[n,7]"},
      {&kSlice, {"mask[8]"}, box({0}, {8}), "x must not be a mask, got mask[8]"},
      {&kPad, {"f32[n,3,2]"}, box({0, 2, 0}, {kBatch, 7, 2}), "f32[n,7,2]"},
      {&kPad, {"u8[3]"}, box({0}, {3}), "u8[3]"},
      {&kPad, {"f32[n,3]"}, box({0, 2}, {kBatch, 4}), "axis 1 of x [n,3] does not fit shape [n,4] from 2 on"},
      {&kPad, {"f32[2,3]"}, box({0, 0}, {kBatch, 3}), "axis 0 of x [2,3] does not fit shape [n,3] from 0 on"},
      {&kPad, {"f32[3]"}, box({kMax}, {4}), "begin must be at most 2147483647, got [9223372036854775807]"},
      {&kPad, {"f32[3]"}, box({0}, {kMax}), "shape: shape [9223372036854775807] has more than 2147483647 elements"},
      {&kPad, {"f32[3]"}, box({0}, {0}), "shape: dimension 0 of [0] is not positive"},
      {&kPad, {"f32[3]"}, box({0, 0}, {1, 3}), "x must have the rank of shape, got f32[3] and f32[1,3]"},
      {&kPad, {"mask[8]"}, box({0}, {9}), "x must not be a mask, got mask[8]"},
      {&kTranspose, {"f32[n,3,2]"}, order({0, 2, 1}), "f32[n,2,3]"},
      {&kTranspose, {"u8[2,3]"}, order({1, 0}), "u8[3,2]"},
      {&kTranspose, {"f32[]"}, order({}), "f32[]"},
      {&kTranspose, {"f32[n,3]"}, order({1, 0}), "y may have n only as its first axis, got f32[3,n]"},
      {&kTranspose, {"f32[n,3]"}, order({0, 0}), "permutation must hold each of 0 ... 1 once, got [0,0]"},
      {&kTranspose, {"f32[n,3]"}, order({0, 2}), "permutation must hold each of 0 ... 1 once, got [0,2]"},
      {&kTranspose, {"f32[n,3]"}, order({0}), "permutation must hold each of 0 ... 1 once, got [0]"},
      {&kTranspose, {"f32[n,3]"}, order({0, 1, 2}), "permutation must hold each of 0 ... 1 once, got [0,1,2]"},
      {&kTranspose, {"mask[8]"}, order({0}), "x must not be a mask, got mask[8]"},
  });
  const auto to = [](const char* name, int64_t axis, int64_t extent, const char* how = "bilinear") -> Attributes {
    return {{"axis", axis}, {name, extent}, {"interpolation", how}};
  };
  ExpectAnswers({
      {&kResize, {"f32[n,3,2]"}, to("size", 1, 7), "f32[n,7,2]"},
      {&kResize, {"u8[n,3,2]"}, to("size", 2, 1, "nearest"), "u8[n,3,1]"},
      {&kResize, {"u8[n,3]"}, to("size", 1, 7), "x must be f32, or u8 for nearest, got u8[n,3]"},
      {&kResize, {"i32[n,3]"}, to("size", 1, 7, "nearest"), "x must be f32, or u8 for nearest, got i32[n,3]"},
      {&kResize, {"f32[n,3]"}, to("size", 1, 7, "bicubic"), "interpolation must be nearest or bilinear, got bicubic"},
      {&kResize, {"f32[n,3]"}, to("size", 0, 7), "axis 0 of x must not be n, got f32[n,3]"},
      {&kResize, {"f32[n,3]"}, to("size", 2, 7), "axis must lie within 0 ... 1, got 2 for f32[n,3]"},
      {&kResize, {"f32[n,3]"}, to("size", 1, 0), "size must be positive, got [0]"},
      {&kResize, {"f32[n,3]"}, to("size", 1, kMax), "size must be at most 2147483647, got [9223372036854775807]"},
      {&kResize,
       {"f32[n,65536]"},
       to("size", 1, 32768),
       "extents 65536 and 32768 are too large: their product must be at most 1073741823"},
      {&kAffineTransform, {"f32[n,7,2,3]", "f32[n,6]"}, {{"size", Ints{4, 5}}}, "f32[n,4,5,3]"},
      {&kAffineTransform, {"u8[2,7,2,3]", "f32[2,6]"}, {{"size", Ints{1, 1}}}, "u8[2,1,1,3]"},
      {&kAffineTransform,
       {"f32[n,7,2,3]", "f32[n,8]"},
       {{"size", Ints{4, 5}}},
       "transform must be f32[n,6], got f32[n,8]"},
      {&kAffineTransform, {"f32[n,7,2,3]", "f32[n,6]"}, {{"size", Ints{4}}}, "size must hold 2 numbers, got 1"},
      {&kAffineTransform, {"f32[n,7,2,3]", "f32[n,6]"}, {{"size", Ints{4, 0}}}, "size must be positive, got [4,0]"},
      {&kAffineTransform,
       {"f32[n,7,2]", "f32[n,6]"},
       {{"size", Ints{4, 5}}},
       "x must have the axes [n, height, width, channels], got f32[n,7,2]"},
      {&kAffineTransform,
       {"f32[n,7,2,3]", "f32[n,6]"},
       {{"size", Ints{4, 5}}, {"fill_mode", "mirror"}},
       "fill_mode must be constant, nearest, reflect or wrap, got mirror"},
      {&kAffineTransform,
       {"u8[n,7,2,3]", "f32[n,6]"},
       {{"size", Ints{4, 5}}, {"fill_value", 0.5}},
       "fill_value must be a whole number from 0 to 255 for u8 images, got 0.5"},
      {&kRandomUniform, {"u32[2]", "u32[2]"}, {{"id", int64_t{1}}, {"shape", Ints{kBatch, 3}}}, "f32[n,3]"},
      {&kRandomUniform,
       {"u32[2]", "u32[2]"},
       {{"id", int64_t{1}}, {"shape", Ints{3, kBatch}}},
       "shape may have n only as its first axis, got f32[3,n]"},
      {&kRandomUniform,
       {"u32[2]", "f32[]"},
       {{"id", int64_t{1}}, {"shape", Ints{3}}},
       "step must be u32[2], got f32[]"},
      {&kResizeGrad, {"f32[n,7,2]"}, to("extent", 1, 3), "f32[n,3,2]"},
      {&kResizeGrad, {"u8[n,7]"}, to("extent", 1, 3, "nearest"), "dy must be f32, got u8[n,7]"},
      {&kResizeGrad, {"f32[n,7]"}, to("extent", 0, 3), "axis 0 of dy must not be n, got f32[n,7]"},
      {&kResizeGrad, {"f32[n,7]"}, to("extent", 1, -3), "extent must be positive, got [-3]"},
      {&kResizeGrad, {"f32[n,7]"}, to("extent", 1, 3, ""), "interpolation must be nearest or bilinear, got "},
  });
}

TEST(ShapeRules, PiecesAlongAnAxis) {
  const auto axis = [](int64_t number) -> Attributes { return {{"axis", number}}; };
  const char* const disagree = "the inputs must agree in type and in all axes but 1, got f32[n,3] and ";
  const std::vector<const char*> many(256, "f32[n,3]"), too_many(257, "f32[n,3]");
  ExpectAnswers({
      {&kConcatenate, {"f32[n,3]", "f32[n,4]", "f32[n,1]"}, axis(1), "f32[n,8]"},
      {&kConcatenate, {"u8[3,2]", "u8[1,2]"}, axis(0), "u8[4,2]"},
      {&kConcatenate, {"f32[n,3]"}, axis(1), "f32[n,3]"},
      {&kConcatenate, many, axis(1), "f32[n,768]"},
      {&kConcatenate, too_many, axis(1), "concatenate takes 1 to 256 inputs, got 257"},
      {&kConcatenate, {}, axis(1), "concatenate takes 1 to 256 inputs, got 0"},
      {&kConcatenate, {"f32[n,3]"}, {}, "concatenate needs the attribute axis"},
      {&kConcatenate, {"f32[n,3]"}, axis(2), "axis must lie within 0 ... 1, got 2 for f32[n,3]"},
      {&kConcatenate, {"f32[n,3]"}, axis(-1), "axis must lie within 0 ... 1, got -1 for f32[n,3]"},
      {&kConcatenate, {"f32[n,3]", "f32[n,3]"}, axis(0), "axis 0 of x[0] must not be n, got f32[n,3]"},
      {&kConcatenate,
       {"f32[2,3]", "f32[n,3]"},
       axis(0),
       "the inputs must agree in type and in all axes but 0, got f32[2,3] and f32[n,3]"},
      {&kConcatenate, {"f32[]", "f32[]"}, axis(0), "x[0] must have rank 1 or more, got f32[]"},
      {&kConcatenate, {"mask[8]"}, axis(0), "x[0] must not be a mask, got mask[8]"},
      {&kConcatenate, {"f32[4]", "mask[8]"}, axis(0), "x[1] must not be a mask, got mask[8]"},
      {&kConcatenate,
       {"f32[1073741824]", "f32[1073741824]"},
       axis(0),
       "shape [2147483648] has more than 2147483647 elements"},
  });
  for (const char* other : {"f32[n,3,1]", "u8[n,3]", "f32[3]", "f32[2,3]"}) {
    const RuleRow row = {&kConcatenate, {"f32[n,3]", other}, axis(1), ""};
    EXPECT_EQ(Answer(row), absl::StrCat(disagree, other));
  }
}

TEST(ShapeRules, Reductions) {
  ExpectAnswers({
      {&kReduceSum, {"f32[n,3,5]"}, {{"axes", Ints{0, 2}}}, "f32[3]"},
      {&kReduceSum, {"f32[n,3,5]"}, {{"axes", Ints{1}}, {"keep_dims", true}}, "f32[n,1,5]"},
      {&kReduceSum, {"f32[n,3]"}, {{"axes", Ints{}}}, "axes must name at least one axis"},
      {&kReduceSum, {"f32[n,3]"}, {{"axes", Ints{2}}}, "axes must ascend within 0 ... 1, got [2]"},
      {&kReduceSum, {"f32[n,3]"}, {{"axes", Ints{-1}}}, "axes must ascend within 0 ... 1, got [-1]"},
      {&kReduceSum, {"f32[n,3]"}, {{"axes", Ints{1, 1}}}, "axes must ascend within 0 ... 1, got [1,1]"},
      {&kReduceSum,
       {"f32[n,3]"},
       {{"axes", Ints{kLeast}}},
       "axes must ascend within 0 ... 1, got [-9223372036854775808]"},
      {&kReduceSum, {"u8[n,3]"}, {{"axes", Ints{0}}}, "x must be f32, got u8[n,3]"},
      {&kArgmax, {"f32[n,10]"}, {}, "i32[n]"},
      {&kArgmax, {"f32[]"}, {}, "x must have rank 1 or more, got f32[]"},
      {&kArgmax, {"f32[n]"}, {}, "x's last axis must not be n, got f32[n]"},
      {&kOneHot, {"i32[n]"}, {{"classes", int64_t{10}}}, "f32[n,10]"},
      {&kOneHot, {"f32[n]"}, {{"classes", int64_t{10}}}, "x must be i32, got f32[n]"},
      {&kOneHot, {"i32[n]"}, {{"classes", int64_t{0}}}, "classes must be positive, got 0"},
      {&kOneHot, {"i32[n]"}, {{"classes", kMax}}, "shape [n,9223372036854775807] has more than 2147483647 elements"},
      {&kOneHot, {"i32[1,1,1,1,1,1,1,1]"}, {{"classes", int64_t{2}}}, "rank 9 exceeds 8"},
  });
  for (const Op* op : {&kSoftmax, &kLogSoftmax}) {
    ExpectAnswers({
        {op, {"f32[n,2,10]"}, {}, "f32[n,2,10]"},
        {op, {"f32[n]"}, {}, "x's last axis must not be n, got f32[n]"},
        {op, {"i32[n,3]"}, {}, "x must be f32, got i32[n,3]"},
    });
  }
}

TEST(ShapeRules, Matmul) {
  const Attributes a = {{"transpose_a", true}}, b = {{"transpose_b", true}};
  ExpectAnswers({
      {&kMatmul, {"f32[n,5]", "f32[5,3]"}, {}, "f32[n,3]"},
      {&kMatmul, {"f32[n,7,5]", "f32[3,5]"}, b, "f32[n,7,3]"},
      {&kMatmul, {"f32[n,7,5]", "f32[n,7,3]"}, a, "f32[5,3]"},
      {&kMatmul, {"f32[n,5]", "f32[4,3]"}, {}, "a's last axis is 5, but b's first is 4: f32[n,5] and f32[4,3]"},
      {&kMatmul, {"f32[n,5]", "f32[5,3]"}, b, "a's last axis is 5, but b's last is 3: f32[n,5] and f32[5,3]"},
      {&kMatmul, {"f32[n,5]", "f32[5]"}, {}, "b must have rank 2, got f32[5]"},
      {&kMatmul, {"f32[n,5]", "f32[n,3]"}, {}, "b must not depend on n, got f32[n,3]"},
      {&kMatmul, {"f32[]", "f32[5,3]"}, {}, "a must have rank 1 or more, got f32[]"},
      {&kMatmul, {"f32[n]", "f32[5,3]"}, {}, "a's last axis must not be n, got f32[n]"},
      {&kMatmul, {"f32[n,5]", "f32[3]"}, a, "a and b must agree in all axes but the last, got f32[n,5] and f32[3]"},
      {&kMatmul, {"f32[n,5]", "f32[7,3]"}, a, "a and b must agree in all axes but the last, got f32[n,5] and f32[7,3]"},
      {&kMatmul,
       {"f32[n,5]", "f32[n,3]"},
       {{"transpose_a", true}, {"transpose_b", true}},
       "transpose_a and transpose_b must not both be true"},
      {&kMatmul, {"f32[n,5]", "u8[5,3]"}, {}, "b must be f32, got u8[5,3]"},
      {&kMatmul, {"f32[65536,1]", "f32[1,65536]"}, {}, "shape [65536,65536] has more than 2147483647 elements"},
  });
}

TEST(ShapeRules, Random) {
  const Attributes id = {{"id", int64_t{1}}};
  const auto flip = [](const char* mode) -> Attributes { return {{"id", int64_t{1}}, {"mode", mode}}; };
  const auto translation = [](const char* name, AttributeValue value) {
    Attributes attributes = {{"id", int64_t{1}}, {"height_factor", Floats{-0.1, 0.1}}, {"width_factor", Floats{0, 0}}};
    attributes.Set(name, std::move(value));
    return attributes;
  };
  ExpectAnswers({
      {&kDropout, {"f32[n,3]", "f32[]", "u32[2]", "u32[2]"}, id, "f32[n,3]"},
      {&kDropout, {"u8[n,3]", "f32[]", "u32[2]", "u32[2]"}, id, "x must be f32, got u8[n,3]"},
      {&kDropout, {"f32[n,3]", "f32[1]", "u32[2]", "u32[2]"}, id, "rate must be f32[], got f32[1]"},
      {&kDropout, {"f32[n,3]", "f32[]", "u32[]", "u32[2]"}, id, "seed must be u32[2], got u32[]"},
      {&kDropout, {"f32[n,3]", "f32[]", "u32[2]", "i32[]"}, id, "step must be u32[2], got i32[]"},
      {&kDropout,
       {"f32[n,3]", "f32[]", "u32[2]", "u32[2]"},
       {{"id", int64_t{-1}}},
       "id must be a 32-bit number, got -1"},
      {&kDropout,
       {"f32[n,3]", "f32[]", "u32[2]", "u32[2]"},
       {{"id", int64_t{1} << 32}},
       "id must be a 32-bit number, got 4294967296"},
      {&kDropout, {"f32[n,3]", "f32[]", "u32[2]", "u32[2]"}, {}, "dropout needs the attribute id"},
      {&kRandomUniform, {"u32[2]", "u32[2]"}, {{"id", int64_t{1}}, {"shape", Ints{kBatch, 3}}}, "f32[n,3]"},
      {&kRandomNormal, {"u32[2]", "u32[2]"}, {{"id", int64_t{1}}, {"shape", Ints{}}}, "f32[]"},
      {&kRandomNormal,
       {"u32[2]", "u32[2]"},
       {{"id", int64_t{1}}, {"shape", Ints{3, kBatch}}},
       "shape may have n only as its first axis, got f32[3,n]"},
      {&kRandomNormal,
       {"u32[2]", "u32[2]"},
       {{"id", int64_t{1}}, {"shape", Ints{0}}},
       "shape: dimension 0 of [0] is not positive"},
      {&kRandomUniform,
       {"u32[3]", "u32[2]"},
       {{"id", int64_t{1}}, {"shape", Ints{3}}},
       "seed must be u32[2], got u32[3]"},
      {&kRandomUniform, {"u32[2]", "u32[2]"}, {{"id", int64_t{1}}}, "random_uniform needs the attribute shape"},
      {&kRandomFlip, {"u8[n,3,4,1]", "u32[2]", "u32[2]"}, id, "u8[n,3,4,1]"},
      {&kRandomFlip, {"i32[n,3,4,1]", "u32[2]", "u32[2]"}, id, "x must be f32 or u8, got i32[n,3,4,1]"},
      {&kRandomFlip,
       {"f32[n,3]", "u32[2]", "u32[2]"},
       id,
       "x must have the axes [n, height, width, channels], got f32[n,3]"},
      {&kRandomFlip,
       {"f32[n,3,4,1]", "u32[2]", "u32[2]"},
       flip("diagonal"),
       "mode must be horizontal, vertical or horizontal_and_vertical, got diagonal"},
      {&kRandomTranslation, {"u8[n,3,4,1]", "u32[2]", "u32[2]"}, translation("fill_value", 7.0), "u8[n,3,4,1]"},
      {&kRandomTranslation,
       {"mask[n,3,4,1]", "u32[2]", "u32[2]"},
       translation("fill_value", 7.0),
       "x must be f32 or u8, got mask[n,3,4,1]"},
      {&kRandomTranslation,
       {"u8[n,3,4,1]", "u32[2]", "u32[2]"},
       translation("fill_value", 7.5),
       "fill_value must be a whole number from 0 to 255 for u8 images, got 7.5"},
      {&kRandomTranslation,
       {"f32[n,3,4,1]", "u32[2]", "u32[2]"},
       translation("fill_value", std::nan("")),
       "fill_value must be finite, got nan"},
      {&kRandomTranslation,
       {"f32[n,3,4,1]", "u32[2]", "u32[2]"},
       translation("fill_value", 1e39),
       "fill_value must be finite, got 1e+39"},
      {&kRandomTranslation,
       {"f32[n,3,4,1]", "u32[2]", "u32[2]"},
       translation("height_factor", Floats{0.2}),
       "height_factor must hold 2 numbers, got 1"},
      {&kRandomTranslation,
       {"f32[n,3,4,1]", "u32[2]", "u32[2]"},
       translation("height_factor", Floats{0.2, 0.1}),
       "height_factor must ascend within -1 ... 1, got [0.2,0.1]"},
      {&kRandomTranslation,
       {"f32[n,3,4,1]", "u32[2]", "u32[2]"},
       translation("width_factor", Floats{-1.5, 0}),
       "width_factor must ascend within -1 ... 1, got [-1.5,0]"},
      {&kRandomTranslation,
       {"f32[n,3,4,1]", "u32[2]", "u32[2]"},
       translation("width_factor", Floats{std::nan(""), 0}),
       "width_factor must ascend within -1 ... 1, got [nan,0]"},
      {&kRandomTranslation,
       {"f32[n,3,4,1]", "u32[2]", "u32[2]"},
       translation("fill_mode", "mirror"),
       "fill_mode must be constant, nearest, reflect or wrap, got mirror"},
      {&kRandomTranslation,
       {"f32[n,3,4,1]", "u32[2]", "u32[2]"},
       translation("interpolation", "cubic"),
       "interpolation must be nearest or bilinear, got cubic"},
  });
}

TEST(ShapeRules, Optimizers) {
  ExpectAnswers({
      {&kSgd, {"f32[3,5]", "f32[3,5]", "f32[]"}, {}, "f32[3,5]"},
      {&kSgd, {"f32[n,5]", "f32[n,5]", "f32[]"}, {}, "p must not depend on n, got f32[n,5]"},
      {&kSgd, {"f32[3,5]", "f32[5]", "f32[]"}, {}, "g must be f32[3,5], got f32[5]"},
      {&kSgd, {"f32[3]", "f32[3]", "f32[3]"}, {}, "rate must be f32[], got f32[3]"},
      {&kSgd, {"i32[3]", "i32[3]", "f32[]"}, {}, "p must be f32, got i32[3]"},
      {&kMomentum, {"f32[3]", "f32[3]", "f32[3]", "f32[]", "f32[]"}, {}, "f32[3], f32[3]"},
      {&kMomentum, {"f32[3]", "f32[3]", "f32[1]", "f32[]", "f32[]"}, {}, "velocity must be f32[3], got f32[1]"},
      {&kMomentum, {"f32[3]", "f32[3]", "f32[3]", "f32[]", "u32[]"}, {}, "momentum must be f32[], got u32[]"},
      {&kAdam,
       {"f32[3]", "f32[3]", "f32[3]", "f32[3]", "f32[]", "f32[]", "f32[]", "f32[]"},
       {},
       "f32[3], f32[3], f32[3]"},
      {&kAdam,
       {"f32[3]", "f32[3]", "f32[2]", "f32[3]", "f32[]", "f32[]", "f32[]", "f32[]"},
       {},
       "m must be f32[3], got f32[2]"},
      {&kAdam,
       {"f32[3]", "f32[3]", "f32[3]", "f32[3]", "f32[]", "f32[]", "f32[]", "f32[1]"},
       {},
       "epsilon must be f32[], got f32[1]"},
      {&kAdam, {"f32[3]", "f32[3]", "f32[]"}, {}, "adam takes 8 inputs, got 3"},
      {&kAmsgrad,
       {"f32[3]", "f32[3]", "f32[3]", "f32[3]", "f32[]", "f32[]", "f32[]", "f32[]", "f32[]"},
       {},
       "v_hat must be f32[3], got f32[]"},
      {&kAdagrad, {"f32[3]", "f32[3]", "f32[3]", "f32[]", "f32[]"}, {}, "f32[3], f32[3]"},
      {&kRmsprop,
       {"f32[3]", "f32[3]", "f32[3]", "f32[]", "f32[3]", "f32[]"},
       {},
       "one_minus_rho must be f32[], got f32[3]"},
  });
}

}  // namespace
}  // namespace brine::ir
