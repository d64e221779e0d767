// Compares layers, in the double interpreter, with the results of Keras (tests/reference/make_layers.py).
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "ir/interpret.h"
#include "tests/ops/op_test_util.h"
#include "tests/reference/cifar10_cnn.h"

namespace brine {
namespace {

constexpr int64_t kRows = 2;

struct Case {
  const char* name;
  Shape shape;
  Layer layer;
};

std::vector<Case> Cases() {
  return {
      {"zero_padding", {2, 3, 2}, ZeroPadding2D({{1, 2}, {0, 3}})},
      {"cropping", {5, 6, 2}, Cropping2D({{1, 0}, {2, 1}})},
      {"up_nearest", {2, 3, 2}, UpSampling2D({.size = {2, 3}})},
      {"up_bilinear", {2, 3, 2}, UpSampling2D({.size = {2, 3}, .interpolation = "bilinear"})},
      {"resize_larger", {3, 4, 1}, Resizing({.height = 5, .width = 9})},
      {"resize_smaller", {7, 5, 2}, Resizing({.height = 3, .width = 4})},
      {"resize_nearest", {7, 5, 1}, Resizing({.height = 4, .width = 8, .interpolation = "nearest"})},
      {"resize_cropped", {4, 7, 1}, Resizing({.height = 3, .width = 3, .crop_to_aspect_ratio = true})},
      {"crop_inside", {7, 6, 1}, CenterCrop({.height = 4, .width = 3})},
      {"crop_outside", {4, 6, 1}, CenterCrop({.height = 5, .width = 4})},
      {"maximum", {4, 5, 3}, GlobalMaxPooling2D()},
      {"maximum_kept", {4, 5, 3}, GlobalMaxPooling2D({.keepdims = true})},
      {"mean_kept", {4, 5, 3}, GlobalAveragePooling2D({.keepdims = true})},
      {"reshape", {2, 3, 2}, Reshape({-1, 4})},
      {"permute", {2, 3, 4}, Permute({3, 1, 2})},
      {"repeat", {4}, RepeatVector(3)},
  };
}

// The numbers of make_layers.py: all differ, if there are fewer than 101.
ir::Tensor<double> Numbers(Shape shape) {
  shape.insert(shape.begin(), kRows);
  ir::Tensor<double> x;
  x.dims = shape;
  int64_t elements = 1;
  for (int64_t extent : shape) elements *= extent;
  for (int64_t i = 0; i < elements; ++i) x.real.push_back(static_cast<float>(static_cast<double>(i * 37 % 101) / 101));
  return x;
}

TEST(Layers, AreAsInKeras) {
  std::map<std::string, std::vector<std::string>> rows;
  for (const std::vector<std::string>& row : reference::ReadRows("layers.txt")) rows[row[0]] = row;
  for (const Case& row : Cases()) {
    SCOPED_TRACE(row.name);
    ASSERT_EQ(rows.count(row.name), 1u);
    const std::vector<std::string>& words = rows[row.name];
    const Tensor x = Input(row.shape);
    const auto graph = BuildGraph(Model("net", x, row.layer(x)));
    ASSERT_TRUE(graph.ok()) << graph.status();
    const auto results = ir::Interpret<double>(*graph, {{"x", Numbers(row.shape)}}, kRows);
    ASSERT_TRUE(results.ok()) << results.status();
    const ir::Tensor<double>& y = results->at(graph->value(graph->outputs.at(0).value).name);
    const size_t rank = std::stoul(words[1]);
    ASSERT_EQ(y.dims.size(), rank);
    for (size_t axis = 0; axis < rank; ++axis) EXPECT_EQ(y.dims[axis], std::stol(words[2 + axis]));
    ASSERT_EQ(words.size(), 2 + rank + y.real.size());
    for (size_t i = 0; i < y.real.size(); ++i) EXPECT_NEAR(y.real[i], std::stod(words[2 + rank + i]), 1e-6) << i;
  }
}

TEST(Layers, ImagesAreSampledAsInKeras) {
  const ir::Tensor<double> x = Numbers({4, 5, 2});
  const auto map =
      ir::TensorOf("f32[2,6]", {0.83, -0.61, 2.14, 0.52, 0.93, -0.71, 1.31, 0.23, -6.42, -0.34, 1.12, 5.27});
  int rows = 0;
  for (const std::vector<std::string>& words : reference::ReadRows("layers.txt")) {
    const std::vector<std::string> name = absl::StrSplit(words[0], '_');
    if (name[0] != "affine") continue;
    SCOPED_TRACE(words[0]);
    ++rows;
    const auto y = ir::Evaluate(
        ir::kAffineTransform, std::vector{x, map},
        {{"size", ir::Ints{4, 5}}, {"fill_mode", name[1]}, {"interpolation", name[2]}, {"fill_value", 0.25}});
    ASSERT_EQ(words.size(), 6 + y[0].real.size());
    for (size_t i = 0; i < y[0].real.size(); ++i) EXPECT_NEAR(y[0].real[i], std::stod(words[6 + i]), 2e-6) << i;
  }
  EXPECT_EQ(rows, 6);
}

}  // namespace
}  // namespace brine
