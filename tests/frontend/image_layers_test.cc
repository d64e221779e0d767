// Tests which graphs the layers become that reshape, resize and augment.
#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "gtest/gtest.h"
#include "ir/text/text.h"
#include "ir/verify/verify.h"
#include "tests/golden.h"

namespace brine {
namespace {

void ExpectGoldenGraph(const Model& model, const std::string& file) {
  const absl::StatusOr<ir::Graph> graph = BuildGraph(model);
  ASSERT_TRUE(graph.ok()) << graph.status();
  const absl::Status verified = ir::Verify(*graph);
  EXPECT_TRUE(verified.ok()) << verified;
  ExpectGolden(ir::Print(*graph), "frontend/golden/" + file);
}

#line 1 "reshaped.cc"
Model Reshaped() {
  Tensor x = Input({6, 4, 1});
  Tensor bytes = ZeroPadding2D({{1, 0}, {2, 3}})(Resizing({.height = 3, .width = 5, .interpolation = "nearest"})(x));
  Tensor images = UpSampling2D()(Rescaling(0.5)(Cropping2D({0, 1})(bytes)));
  images = Resizing({.height = 4, .width = 4, .crop_to_aspect_ratio = true})(images);
  images = CenterCrop({.height = 3, .width = 2})(UpSampling2D({.size = {1, 2}, .interpolation = "bilinear"})(images));
  Tensor means = GlobalAveragePooling2D({.keepdims = true})(images), maxima = GlobalMaxPooling2D()(images);
  Tensor last = Flatten()(GlobalMaxPooling2D({.keepdims = true})(CenterCrop({.height = 9, .width = 3})(images)));
  Tensor rows = RepeatVector(2)(Concatenate({Flatten()(Permute({2, 3, 1})(means)), maxima, last}));
  return Model("reshaped", x, Reshape({3, -1})(rows));
}
#line 33 "image_layers_test.cc"

TEST(ImageLayers, GiveTensorsAnotherShape) { ExpectGoldenGraph(Reshaped(), "reshaped.ir"); }

#line 1 "augmented.cc"
Model Augmented() {
  Tensor x = Input({6, 8, 3});
  Tensor images = RandomRotation({.factor = 0.25f, .fill_mode = "constant", .interpolation = "nearest"})(x);
  images = RandomCrop({.height = 4, .width = 5})(images);
  images = RandomZoom({.height_factor = {-0.5f, 0.25f}, .width_factor = 0.125f})(images);
  images =
      RandomBrightness({.factor = 0.5f, .value_range = {-1, 1}})(RandomContrast({.factor = {0.25f, 0.5f}})(images));
  return Model("augmented", x, Rescaling(0.5)(RandomErasing({.factor = 0.5f, .fill_value = {1, 2, 3}})(images)));
}
#line 47 "image_layers_test.cc"

TEST(ImageLayers, AugmentationIsComposedOfOps) { ExpectGoldenGraph(Augmented(), "augmented.ir"); }

TEST(ImageLayers, ReshapeInfersAnExtent) {
  const auto shape = [](const Shape& row, const Shape& target) {
    const Tensor x = Input(row);
    const auto graph = BuildGraph(Model("m", x, Reshape(target)(x)));
    return graph.ok() ? graph->type(graph->outputs[0].value).shape : ir::Shape();
  };
  EXPECT_EQ(shape({4, 3}, {-1}), (ir::Shape{ir::kBatch, 12}));
  EXPECT_EQ(shape({4, 3}, {2, -1, 3}), (ir::Shape{ir::kBatch, 2, 2, 3}));
  EXPECT_EQ(shape({1}, {}), (ir::Shape{ir::kBatch}));
  EXPECT_EQ(shape({4, 3}, {6, 2}), (ir::Shape{ir::kBatch, 6, 2}));
}

}  // namespace
}  // namespace brine
