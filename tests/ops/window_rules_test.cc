// What the shape rules of convolutions and pools derive, and the sentence with which they refuse.
#include <gtest/gtest.h>

#include "tests/ops/rule_rows.h"

namespace brine::ir {
namespace {

TEST(WindowRules, Convolutions) {
  const auto pads = [](Ints list) -> Attributes { return {{"pads", list}}; };
  const auto groups = [](int64_t count) -> Attributes { return {{"groups", count}}; };
  ExpectAnswers({
      {&kConv2D, {"f32[n,32,32,3]", "f32[3,3,3,32]"}, {}, "f32[n,30,30,32]"},
      {&kConv2D,
       {"f32[1,5,7,4]", "f32[3,2,2,6]"},
       {{"groups", int64_t{2}}, {"pads", Ints{2, 1, 0, 1}}, {"strides", Ints{2, 3}}},
       "f32[1,3,3,6]"},
      {&kConv2D, {"f32[n,9,9,1]", "f32[3,3,1,1]"}, {{"dilations", Ints{4, 3}}}, "f32[n,1,3,1]"},
      {&kConv2D, {"f32[n,3,32,3]", "f32[5,5,3,32]"}, {}, "window 5 is larger than input height 3"},
      {&kConv2D, {"f32[n,32,3,3]", "f32[5,5,3,32]"}, pads({0, 1, 0, 0}), "window 5 is larger than padded input width 4"},
      {&kConv2D, {"f32[n,8,8,3]", "f32[3,3,3,1]"}, {{"dilations", Ints{4, 1}}}, "window 9 (3 dilated by 4) is larger than input height 8"},
      {&kConv2D, {"f32[n,8,8,3]", "f32[3,3,3,1]"}, {{"dilations", Ints{0, 1}}}, "dilations must be positive, got [0,1]"},
      {&kConv2D,
       {"f32[n,8,8,3]", "f32[3,3,3,1]"},
       {{"dilations", Ints{kMost, 1}}},
       "dilations must be at most 2147483647, got [9223372036854775807,1]"},
      {&kConv2D, {"f32[n,8,8,3]", "f32[3,3,3,1]"}, {{"strides", Ints{1, 0}}}, "strides must be positive, got [1,0]"},
      {&kConv2D, {"f32[n,8,8,3]", "f32[3,3,3,1]"}, {{"strides", Ints{1}}}, "strides must hold 2 numbers, got 1"},
      {&kConv2D, {"f32[n,8,8,3]", "f32[3,3,3,1]"}, pads({3, 0, 0, 0}), "top pad 3 must be smaller than window height 3"},
      {&kConv2D, {"f32[n,8,8,3]", "f32[3,3,3,1]"}, pads({0, 0, 0, 4}), "right pad 4 must be smaller than window width 3"},
      {&kConv2D, {"f32[n,8,8,3]", "f32[3,3,3,1]"}, pads({0, -1, 0, 0}), "pads must not be negative, got [0,-1,0,0]"},
      {&kConv2D, {"f32[n,8,8,3]", "f32[3,3,3,1]"}, pads({1, 1}), "pads must hold 4 numbers, got 2"},
      {&kConv2D,
       {"f32[n,8,8,3]", "f32[3,3,3,1]"},
       {{"pads", Ints{2147483647, 0, 2147483647, 0}}, {"dilations", Ints{2000000000, 1}}, {"strides", Ints{2147483647, 1}}},
       "padded input height 4294967302 exceeds 2147483647"},
      {&kConv2D, {"f32[n,8,8,3]", "f32[3,3,4,1]"}, {}, "w is for 4 channels, but the input has 3"},
      {&kConv2D, {"f32[n,8,8,4]", "f32[3,3,4,2]"}, groups(2), "w is for 4 channels, but the input has 4 / 2 groups"},
      {&kConv2D, {"f32[n,8,8,3]", "f32[3,3,1,2]"}, groups(2), "groups 2 does not divide the input's 3 channels"},
      {&kConv2D, {"f32[n,8,8,4]", "f32[3,3,2,3]"}, groups(2), "groups 2 does not divide the 3 filters"},
      {&kConv2D, {"f32[n,8,8,4]", "f32[3,3,2,3]"}, groups(0), "groups must be positive, got 0"},
      {&kConv2D, {"f32[n,8,8,4]", "f32[3,3,2,3]"}, groups(kLeast), "groups must be positive, got -9223372036854775808"},
      {&kConv2D, {"u8[n,8,8,3]", "f32[3,3,3,1]"}, {}, "x must be f32, got u8[n,8,8,3]"},
      {&kConv2D, {"f32[n,8,8]", "f32[3,3,3,1]"}, {}, "x must have the axes [n, height, width, channels], got f32[n,8,8]"},
      {&kConv2D, {"f32[n,n,8,3]", "f32[3,3,3,1]"}, {}, "x may have n only as its first axis, got f32[n,n,8,3]"},
      {&kConv2D, {"f32[n,8,8,3]", "f32[3,3,3]"}, {}, "w must have the axes [height, width, channels, filters], got f32[3,3,3]"},
      {&kConv2D, {"f32[n,8,8,3]", "f32[n,3,3,1]"}, {}, "w must not depend on n, got f32[n,3,3,1]"},
      {&kConv2D, {"f32[n,8,8,3]", "i32[3,3,3,1]"}, {}, "w must be f32, got i32[3,3,3,1]"},
  });
  const auto input = [](Ints size) -> Attributes { return {{"input_size", size}}; };
  const auto kernel = [](Ints size) -> Attributes { return {{"kernel_size", size}}; };
  ExpectAnswers({
      {&kConv2DGradInput, {"f32[n,30,30,32]", "f32[3,3,3,32]"}, input({32, 32}), "f32[n,32,32,3]"},
      {&kConv2DGradInput,
       {"f32[n,2,1,6]", "f32[3,2,2,6]"},
       {{"input_size", Ints{6, 4}}, {"strides", Ints{2, 3}}, {"groups", int64_t{2}}},
       "f32[n,6,4,4]"},
      {&kConv2DGradInput, {"f32[n,30,30,32]", "f32[3,3,3,32]"}, input({33, 32}), "dy must be f32[n,31,30,32], got f32[n,30,30,32]"},
      {&kConv2DGradInput, {"f32[n,30,30,31]", "f32[3,3,3,32]"}, input({32, 32}), "dy must be f32[n,30,30,32], got f32[n,30,30,31]"},
      {&kConv2DGradInput, {"f32[n,30,30,32]", "f32[3,3,3,32]"}, input({2, 32}), "window 3 is larger than input height 2"},
      {&kConv2DGradInput, {"f32[n,30,30,32]", "f32[3,3,3,32]"}, input({0, 32}), "input_size must be positive, got [0,32]"},
      {&kConv2DGradInput, {"f32[n,30,30,32]", "f32[3,3,3,32]"}, input({32}), "input_size must hold 2 numbers, got 1"},
      {&kConv2DGradInput, {"f32[n,30,30,32]", "f32[3,3,3,32]"}, {}, "conv2d_grad_input needs the attribute input_size"},
      {&kConv2DGradInput,
       {"f32[n,1,1,4]", "f32[1,1,2147483647,4]"},
       input({1, 1}),
       "w: shape [1,1,2147483647,4] has more than 2147483647 elements"},
      {&kConv2DGradInput,
       {"f32[n,1,1,4]", "f32[1,1,9,4]"},
       {{"input_size", Ints{1, 1}}, {"groups", kMost}},
       "groups must be positive and at most 2147483647, got 9223372036854775807"},
      {&kConv2DGradInput,
       {"f32[n,1,1,2147483647]", "f32[1,1,1,2147483647]"},
       {{"input_size", Ints{1, 1}}, {"groups", int64_t{2147483647}}},
       "f32[n,1,1,2147483647] has more than 2147483647 bytes"},
      {&kConv2DGradFilter, {"f32[n,32,32,3]", "f32[n,30,30,32]"}, kernel({3, 3}), "f32[3,3,3,32]"},
      {&kConv2DGradFilter, {"f32[n,32,32,4]", "f32[n,30,30,32]"}, {{"kernel_size", Ints{3, 3}}, {"groups", int64_t{2}}}, "f32[3,3,2,32]"},
      {&kConv2DGradFilter, {"f32[n,32,32,3]", "f32[n,30,30,32]"}, kernel({4, 3}), "dy must be f32[n,29,30,32], got f32[n,30,30,32]"},
      {&kConv2DGradFilter, {"f32[n,32,32,3]", "f32[8,30,30,32]"}, kernel({3, 3}), "dy must be f32[n,30,30,32], got f32[8,30,30,32]"},
      {&kConv2DGradFilter, {"f32[n,32,32,3]", "f32[n,30,30,32]"}, kernel({33, 3}), "window 33 is larger than input height 32"},
      {&kConv2DGradFilter, {"f32[n,32,32,3]", "f32[n,30,30,32]"}, kernel({3, -3}), "kernel_size must be positive, got [3,-3]"},
      {&kConv2DGradFilter,
       {"f32[n,32,32,3]", "f32[n,30,30,32]"},
       {{"kernel_size", Ints{3, 3}}, {"groups", int64_t{0}}},
       "groups must be positive, got 0"},
      {&kConv2DGradFilter,
       {"f32[n,32,32,3]", "f32[n,30,30,32]"},
       {{"kernel_size", Ints{3, 3}}, {"groups", int64_t{5}}},
       "groups 5 does not divide the input's 3 channels"},
  });
}

TEST(WindowRules, Pools) {
  const auto window = [](Ints size) -> Attributes { return {{"window", size}}; };
  ExpectAnswers({
      {&kMaxPool, {"f32[n,30,31,32]"}, {}, "f32[n,15,15,32], u8[n,15,15,32]"},
      {&kMaxPool, {"f32[n,16,17,1]"}, window({16, 17}), "f32[n,1,1,1], i32[n,1,1,1]"},
      {&kMaxPoolGrad, {"f32[n,15,15,32]", "u8[n,15,15,32]"}, {{"input_size", Ints{30, 31}}}, "f32[n,30,31,32]"},
      {&kMaxPoolGrad,
       {"f32[n,15,15,32]", "i32[n,15,15,32]"},
       {{"input_size", Ints{30, 31}}},
       "index must be u8[n,15,15,32], got i32[n,15,15,32]"},
      {&kMaxPoolGrad,
       {"f32[n,15,15,32]", "u8[n,15,15,1]"},
       {{"input_size", Ints{30, 31}}},
       "index must be u8[n,15,15,32], got u8[n,15,15,1]"},
      {&kMaxPoolGrad,
       {"f32[n,15,15,32]", "u8[n,15,15,32]"},
       {{"input_size", Ints{29, 31}}},
       "dy must be f32[n,14,15,32], got f32[n,15,15,32]"},
      {&kAvgPool, {"f32[n,30,31,32]"}, {}, "f32[n,15,15,32]"},
      {&kAvgPoolGrad, {"f32[n,15,15,32]"}, {{"input_size", Ints{30, 31}}}, "f32[n,30,31,32]"},
      {&kAvgPoolGrad, {"f32[n,15,15,32]"}, {{"input_size", Ints{30, 33}}}, "dy must be f32[n,15,16,32], got f32[n,15,15,32]"},
      {&kAvgPoolGrad, {"f32[n,15,15,32]"}, {{"input_size", Ints{30, -1}}}, "input_size must be positive, got [30,-1]"},
      {&kReluAvgPool, {"f32[n,30,31,32]"}, {}, "f32[n,15,15,32], u8[n,15,15,32]"},
      {&kReluAvgPool, {"f32[n,9,9,1]"}, {{"window", Ints{3, 3}}, {"strides", Ints{3, 3}}}, "a window may hold at most 8 cells, got 9"},
      {&kReluAvgPool, {"f32[n,9,9,1]"}, {{"strides", Ints{2, 1}}}, "strides must be those of the window, [2,2]"},
      {&kReluAvgPool, {"f32[n,9,9,1]"}, {{"pads", Ints{0, 0, 1, 0}}}, "pads must be 0, got [0,0,1,0]"},
      {&kReluAvgPoolGrad, {"f32[n,15,15,32]", "u8[n,15,15,32]"}, {{"input_size", Ints{30, 31}}}, "f32[n,30,31,32]"},
      {&kReluAvgPoolGrad, {"f32[n,15,15,32]", "i32[n,15,15,32]"}, {{"input_size", Ints{30, 31}}}, "mask must be u8[n,15,15,32], got i32[n,15,15,32]"},
      {&kReluAvgPoolGrad, {"f32[n,15,15,32]", "u8[n,15,15,32]"}, {{"input_size", Ints{30, 33}}}, "dy must be f32[n,15,16,32], got f32[n,15,15,32]"},
  });
  for (const Op* op : {&kMaxPool, &kAvgPool, &kReluAvgPool}) {
    ExpectAnswers({
        {op, {"f32[n,3,9,1]"}, window({5, 5}), "window 5 is larger than input height 3"},
        {op, {"f32[n,9,9,1]"}, window({0, 5}), "window must be positive, got [0,5]"},
        {op, {"f32[n,9,9,1]"}, window({5}), "window must hold 2 numbers, got 1"},
        {op, {"f32[n,9,9,1]"}, window({2147483647, 2147483647}), "window [2147483647,2147483647] has more than 2147483647 cells"},
        {op, {"f32[n,9,9,1]"}, {{"pads", Ints{0, 0, 2, 0}}}, "bottom pad 2 must be smaller than window height 2"},
        {op, {"f32[n,9,9,1]"}, {{"pads", Ints{0, 2, 0, 0}}}, "left pad 2 must be smaller than window width 2"},
        {op, {"f32[n,9,9,1]"}, {{"strides", Ints{-1, 1}}}, "strides must be positive, got [-1,1]"},
        {op, {"u8[n,9,9,1]"}, {}, "x must be f32, got u8[n,9,9,1]"},
        {op, {"f32[n,9]"}, {}, "x must have the axes [n, height, width, channels], got f32[n,9]"},
    });
  }
}

TEST(WindowRules, FlopsOfTheTutorialsConvolution) {
  const std::vector<Type> in = {TypeOf("f32[n,32,32,3]"), TypeOf("f32[3,3,3,32]")}, out = {TypeOf("f32[n,30,30,32]")};
  const Attributes attributes = Completed(kConv2D, {});
  EXPECT_EQ(kConv2D.flops({in, attributes}, out, 32), int64_t{32} * 30 * 30 * 32 * 27 * 2);
  EXPECT_EQ(kConv2D.flops({in, attributes}, out, kMost), kMost);  // saturates
}

}  // namespace
}  // namespace brine::ir
