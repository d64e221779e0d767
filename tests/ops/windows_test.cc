// Compares convolutions and pools with sums that are written in another way: images are copied into larger ones that
// include the padding, and each element of the result is one sum over all cells of its window.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/ops/op_cases.h"

namespace brine::ir {
namespace {

double At(const Tensor<double>& t, int64_t a, int64_t b, int64_t c, int64_t d) {
  return t.real[static_cast<size_t>(((a * t.dim(1) + b) * t.dim(2) + c) * t.dim(3) + d)];
}

// The image with padding of the value `border`.
Tensor<double> Bordered(const Tensor<double>& x, const Ints& pads, double border) {
  Tensor<double> result = MakeTensor<double>(
      {DType::kF32, {x.dim(0), x.dim(1) + pads[0] + pads[2], x.dim(2) + pads[1] + pads[3], x.dim(3)}}, 1);
  size_t element = 0;
  for (int64_t n = 0; n < result.dim(0); ++n)
    for (int64_t i = -pads[0]; i < x.dim(1) + pads[2]; ++i)
      for (int64_t j = -pads[1]; j < x.dim(2) + pads[3]; ++j)
        for (int64_t c = 0; c < x.dim(3); ++c, ++element) {
          const bool inside = i >= 0 && i < x.dim(1) && j >= 0 && j < x.dim(2);
          result.real[element] = inside ? At(x, n, i, j, c) : border;
        }
  return result;
}

TEST(Windows, ConvolutionIsTheSumOverItsTaps) {
  for (const OpCase& row : OpCases()) {
    if (row.op != &kConv2D) continue;
    SCOPED_TRACE(ToString(row));
    const std::vector<Tensor<double>> in = RandomOperands<double>(row);
    const Attributes attributes = Completed(kConv2D, row.attributes);
    const Ints &strides = attributes.Ints("strides"), &dilations = attributes.Ints("dilations");
    const int64_t groups = attributes.Int("groups");
    const Tensor<double> x = Bordered(in[0], attributes.Ints("pads"), 0), &w = in[1],
                         y = Evaluate(kConv2D, in, row.attributes)[0];
    for (int64_t n = 0; n < y.dim(0); ++n)
      for (int64_t f = 0; f < y.dim(3); ++f) {
        const int64_t first_channel = f / (w.dim(3) / groups) * w.dim(2);
        for (int64_t i = 0; i < y.dim(1); ++i)
          for (int64_t j = 0; j < y.dim(2); ++j) {
            double sum = 0;
            for (int64_t c = 0; c < w.dim(2); ++c)
              for (int64_t a = 0; a < w.dim(0); ++a)
                for (int64_t b = 0; b < w.dim(1); ++b)
                  sum += At(w, a, b, c, f) * At(x, n, i * strides[0] + a * dilations[0],
                                                j * strides[1] + b * dilations[1], first_channel + c);
            ASSERT_NEAR(At(y, n, i, j, f), sum, 1e-13) << n << " " << i << " " << j << " " << f;
          }
      }
    // One more position of the window would not have fitted.
    EXPECT_LE((y.dim(1) - 1) * strides[0] + (w.dim(0) - 1) * dilations[0] + 1, x.dim(1));
    EXPECT_GT(y.dim(1) * strides[0] + (w.dim(0) - 1) * dilations[0] + 1, x.dim(1));
    EXPECT_LE((y.dim(2) - 1) * strides[1] + (w.dim(1) - 1) * dilations[1] + 1, x.dim(2));
    EXPECT_GT(y.dim(2) * strides[1] + (w.dim(1) - 1) * dilations[1] + 1, x.dim(2));
  }
}

TEST(Windows, PoolsSeeOnlyTheImage) {
  for (const OpCase& row : OpCases()) {
    if (row.op != &kMaxPool && row.op != &kAvgPool && row.op != &kReluAvgPool) continue;
    SCOPED_TRACE(ToString(row));
    const std::vector<Tensor<double>> in = RandomOperands<double>(row);
    const Attributes attributes = Completed(*row.op, row.attributes);
    const Ints &strides = attributes.Ints("strides"), &window = attributes.Ints("window");
    const double outside = std::numeric_limits<double>::quiet_NaN();
    const Tensor<double> x = Bordered(in[0], attributes.Ints("pads"), outside);
    const auto results = Evaluate(*row.op, in, row.attributes);
    const Tensor<double>& y = results[0];
    size_t element = 0;
    for (int64_t n = 0; n < y.dim(0); ++n)
      for (int64_t i = 0; i < y.dim(1); ++i)
        for (int64_t j = 0; j < y.dim(2); ++j)
          for (int64_t c = 0; c < y.dim(3); ++c, ++element) {
            double sum = 0, best = -2;
            int64_t count = 0, argmax = -1, positive = 0;
            for (int64_t cell = 0; cell < window[0] * window[1]; ++cell) {
              const double value = At(x, n, i * strides[0] + cell / window[1], j * strides[1] + cell % window[1], c);
              if (std::isnan(value)) continue;
              sum += row.op == &kReluAvgPool ? std::max(value, 0.0) : value;
              if (value > 0) positive += int64_t{1} << cell;
              ++count;
              if (value > best) best = value, argmax = cell;
            }
            if (row.op != &kMaxPool) {
              ASSERT_NEAR(y.real[element], sum / static_cast<double>(count), 1e-14) << element;
              if (row.op == &kReluAvgPool) {
                ASSERT_EQ(results[1].integers[element], positive) << element;
              }
            } else {
              ASSERT_EQ(y.real[element], best) << element;
              ASSERT_EQ(results[1].integers[element], argmax) << element;
            }
          }
  }
}

TEST(Windows, AgreeWithResultsComputedByHand) {
  const Tensor<double> x = TensorOf("f32[1,3,3,1]", {1, 2, 3, 4, 5, 6, 7, 8, 9}),
                       w = TensorOf("f32[2,2,1,1]", {1, 10, 100, 1000});
  EXPECT_EQ(Evaluate(kConv2D, std::vector{x, w})[0].real, Floats({5421, 6532, 8754, 9865}));
  EXPECT_EQ(Evaluate(kConv2D, std::vector{x, w}, {{"pads", Ints{1, 1, 0, 0}}, {"strides", Ints{2, 2}}})[0].real,
            Floats({1000, 3200, 7040, 9865}));
  EXPECT_EQ(Evaluate(kConv2D, std::vector{x, w}, {{"dilations", Ints{2, 2}}})[0].real, Floats({9731}));
  EXPECT_EQ(Evaluate(kConv2DInputGrad, std::vector{TensorOf("f32[1,2,2,1]", {1, 2, 3, 4}), w},
                     {{"input_size", Ints{3, 3}}})[0]
                .real,
            Floats({1, 12, 20, 103, 1234, 2040, 300, 3400, 4000}));
  EXPECT_EQ(Evaluate(kConv2DWeightGrad, std::vector{x, TensorOf("f32[1,2,2,1]", {1, 10, 100, 1000})},
                     {{"kernel_size", Ints{2, 2}}})[0]
                .real,
            Floats({5421, 6532, 8754, 9865}));
  const Attributes overlapping = {{"window", Ints{2, 2}}, {"strides", Ints{1, 1}}};
  const auto pooled =
      Evaluate(kMaxPool, std::vector{TensorOf("f32[1,3,3,1]", {1, 9, 3, 4, 5, 9, 7, 8, 9})}, overlapping);
  EXPECT_EQ(pooled[0].real, Floats({9, 9, 8, 9}));
  EXPECT_EQ(pooled[1].integers, Ints({1, 0, 3, 1}));
  EXPECT_EQ(Evaluate(kAvgPool, std::vector{x}, {{"window", Ints{2, 2}}, {"pads", Ints{1, 1, 0, 0}}})[0].real,
            Floats({1, 2.5, 5.5, 7}));
  EXPECT_EQ(Evaluate(kAvgPoolGrad, std::vector{TensorOf("f32[1,2,2,1]", {1, 2, 4, 8})},
                     {{"window", Ints{2, 2}}, {"pads", Ints{1, 1, 0, 0}}, {"input_size", Ints{3, 3}}})[0]
                .real,
            Floats({1, 1, 1, 2, 2, 2, 2, 2, 2}));
}

TEST(Windows, IndicesOfLargeWindowsAreWide) {
  const Attributes wide = {{"window", Ints{17, 16}}};
  const auto pooled = Evaluate(kMaxPool, std::vector{MakeTensor<double>(TypeOf("f32[1,17,16,1]"), 1)}, wide);
  EXPECT_EQ(pooled[1].dtype, DType::kI32);
  const auto narrow =
      Evaluate(kMaxPool, std::vector{MakeTensor<double>(TypeOf("f32[1,16,16,1]"), 1)}, {{"window", Ints{16, 16}}});
  EXPECT_EQ(narrow[1].dtype, DType::kU8);
}

TEST(Windows, NaNWinsAPool) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  const auto pooled = Evaluate(
      kMaxPool,
      std::vector{TensorOf("f32[1,2,4,1]", {1, nan, -infinity, -infinity, infinity, nan, -infinity, -infinity})});
  EXPECT_TRUE(std::isnan(pooled[0].real[0]));
  EXPECT_EQ(pooled[0].real[1], -infinity);
  EXPECT_EQ(pooled[1].integers, Ints({1, 0}));
  EXPECT_TRUE(std::isnan(Evaluate(kAvgPool, std::vector{TensorOf("f32[1,2,2,1]", {1, nan, 2, 3})})[0].real[0]));
  const auto masked = Evaluate(kReluAvgPool, std::vector{TensorOf("f32[1,2,2,1]", {1, nan, -2, 0})});
  EXPECT_TRUE(std::isnan(masked[0].real[0]));
  EXPECT_EQ(masked[1].integers, Ints({1}));  // NaN is not positive, as for relu's gradient
  EXPECT_TRUE(std::isnan(
      Evaluate(kConv2D, std::vector{TensorOf("f32[1,1,1,2]", {0, nan}), TensorOf("f32[1,1,2,1]", {1, 0})})[0].real[0]));
}

// An index that is not that of a cell inside the image is ignored.
TEST(Windows, IndicesOutsideTheImageAreIgnored) {
  const Attributes attributes = {{"window", Ints{2, 2}}, {"pads", Ints{1, 1, 0, 0}}, {"input_size", Ints{3, 3}}};
  const Tensor<double> index =
      TensorOf("u8[1,2,2,1]", {0, 255, 4, 3});  // above and left of the image, far away, below the window, inside
  EXPECT_EQ(Evaluate(kMaxPoolGrad, std::vector{TensorOf("f32[1,2,2,1]", {1, 2, 4, 8}), index}, attributes)[0].real,
            Floats({0, 0, 0, 0, 0, 0, 0, 0, 8}));
}

}  // namespace
}  // namespace brine::ir
