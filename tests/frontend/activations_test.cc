// Tests which ops activations and noise become.
#include "absl/strings/match.h"
#include "tests/frontend/graph_of_model.h"

namespace brine {
namespace {

TEST(Activations, AreOpsOrCompositions) {
  EXPECT_EQ(NodesOf(ReLU()), "%re_lu = relu(%x)\n");
  EXPECT_EQ(NodesOf(ReLU({.max_value = 6})),
            "%re_lu.max_value = constant() {dtype=\"f32\", shape=[], values=[6.0]}\n"
            "%re_lu = clipped_relu(%x, %re_lu.max_value)\n");
  EXPECT_EQ(NodesOf(LeakyReLU()),
            "%leaky_re_lu.negative_slope = constant() {dtype=\"f32\", shape=[], values=[0.3]}\n"
            "%leaky_re_lu = leaky_relu(%x, %leaky_re_lu.negative_slope)\n");
  EXPECT_EQ(NodesOf(ReLU({.negative_slope = 0.3})),
            "%re_lu.negative_slope = constant() {dtype=\"f32\", shape=[], values=[0.3]}\n"
            "%re_lu = leaky_relu(%x, %re_lu.negative_slope)\n");
  EXPECT_EQ(NodesOf(Activation("swish")),
            "%activation.sigmoid = sigmoid(%x)\n"
            "%activation = mul(%x, %activation.sigmoid)\n");
  EXPECT_EQ(NodesOf(PReLU({.shared_axes = {1, 2}})),
            "%p_re_lu.mul = mul(%x, %p_re_lu/alpha)\n"
            "%p_re_lu = select(%x, %x, %p_re_lu.mul)\n");
}

TEST(Activations, SoftmaxOverAnotherAxisIsThatOfATransposedTensor) {
  EXPECT_EQ(NodesOf(Softmax()), "%softmax = softmax(%x)\n");
  EXPECT_EQ(NodesOf(Softmax({.axis = 3})), "%softmax = softmax(%x)\n");
  const std::string over_columns =
      "%softmax.transpose = transpose(%x) {permutation=[0,1,3,2]}\n"
      "%softmax.softmax = softmax(%softmax.transpose)\n"
      "%softmax = transpose(%softmax.softmax) {permutation=[0,1,3,2]}\n";
  EXPECT_EQ(NodesOf(Softmax({.axis = 2})), over_columns);
  EXPECT_EQ(NodesOf(Softmax({.axis = -2})), over_columns);
}

TEST(Activations, AlphaHasTheShapeOfARowButForSharedAxes) {
  const auto shape = [](PReLUOptions options) {
    Sequential net("m", Input({4, 5, 2}));
    net.Add(PReLU(std::move(options)));
    return TypeOf(GraphOf(net), "p_re_lu/alpha").shape;
  };
  EXPECT_EQ(shape({}), (ir::Shape{4, 5, 2}));
  EXPECT_EQ(shape({.shared_axes = {1, 2}}), (ir::Shape{1, 1, 2}));
}

TEST(Noise, LeavesNoTraceOutsideOfTraining) {
  for (const Layer& layer : {GaussianNoise(0.5), GaussianDropout(0.5), AlphaDropout(0.5), SpatialDropout2D(0.5)}) {
    const std::string lines = NodesOf(layer);
    EXPECT_TRUE(absl::StrContains(lines, "random_")) << lines;
    EXPECT_TRUE(absl::StrContains(lines, "in_train_phase(")) << lines;
  }
  EXPECT_EQ(NodesOf(GaussianNoise(0.5)).substr(0, 50), "%gaussian_noise.random_normal = random_normal(%see");
}

}  // namespace
}  // namespace brine
