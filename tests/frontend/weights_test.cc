// Tests which weights layers have: how they begin, whether they are trained, and what is penalized.
#include <cmath>

#include "tests/frontend/graph_of_model.h"
#include "tests/golden.h"

namespace brine {
namespace {

TEST(Initializers, KerasFormulas) {
  const Tensor x = Input({5, 5, 4});
  const ir::Graph graph =
      GraphOf(Model("m", x, Conv2D({.filters = 6, .kernel_size = 3, .groups = 2, .bias_initializer = "he_normal"})(x)));
  EXPECT_EQ(graph.states[0].initializer, (ir::Initializer{ir::InitializerKind::kUniform, std::sqrt(6.0 / (18 + 54))}));
  EXPECT_EQ(graph.states[1].initializer,
            (ir::Initializer{ir::InitializerKind::kTruncatedNormal, std::sqrt(2.0 / 6) / 0.87962566103423978}));
}

// The distribution of a kernel [3, 3, 4, 6], of which 36 inputs and 54 outputs make a unit.
ir::Initializer KernelInitializer(const Initializer& initializer) {
  const Tensor x = Input({5, 5, 4});
  return GraphOf(Model("m", x, Conv2D({.filters = 6, .kernel_size = 3, .kernel_initializer = initializer})(x)))
      .states[0]
      .initializer;
}

TEST(Initializers, ByNameAndWithArguments) {
  using Kind = ir::InitializerKind;
  constexpr double kTruncated = 0.87962566103423978;
  const std::pair<Initializer, ir::Initializer> rows[] = {
      {"glorot_normal", {Kind::kTruncatedNormal, std::sqrt(1.0 / 45) / kTruncated}},
      {"he_uniform", {Kind::kUniform, std::sqrt(6.0 / 36)}},
      {"lecun_normal", {Kind::kTruncatedNormal, std::sqrt(1.0 / 36) / kTruncated}},
      {"lecun_uniform", {Kind::kUniform, std::sqrt(3.0 / 36)}},
      {"variance_scaling", {Kind::kTruncatedNormal, std::sqrt(1.0 / 36) / kTruncated}},
      {VarianceScaling({.scale = 2, .mode = "fan_out", .distribution = "untruncated_normal"}),
       {Kind::kNormal, std::sqrt(2.0 / 54)}},
      {VarianceScaling({.scale = 3, .mode = "fan_avg", .distribution = "uniform"}),
       {Kind::kUniform, std::sqrt(9.0 / 45)}},
      {"random_uniform", {Kind::kUniform, 0.05}},
      {RandomUniform({.minval = 1, .maxval = 4}), {Kind::kUniform, 1.5, 2.5}},
      {"random_normal", {Kind::kNormal, 0.05}},
      {RandomNormal({.mean = 1, .stddev = 0.5}), {Kind::kNormal, 0.5, 1}},
      {TruncatedNormal({.mean = -1, .stddev = 0.5}), {Kind::kTruncatedNormal, 0.5, -1}},
      {"orthogonal", {Kind::kOrthogonal, 1}},
      {Orthogonal(2), {Kind::kOrthogonal, 2}},
      {"constant", {Kind::kConstant, 0}},
  };
  for (const auto& [given, wanted] : rows) EXPECT_EQ(KernelInitializer(given), wanted) << given.name;
}

TEST(Initializers, OfAMatrix) {
  Sequential net("m", Input({4}));
  net.Add(Dense({.units = 3, .kernel_initializer = IdentityInitializer(0.5)}));
  EXPECT_EQ(GraphOf(net).states[0].initializer, (ir::Initializer{ir::InitializerKind::kIdentity, 0.5}));
}

TEST(Trainable, FalseFreezesTheWeightsOfALayer) {
  Sequential net("frozen", Input({8, 8, 3}));
  net.Add(Conv2D({.filters = 4, .kernel_size = 3, .trainable = false}));
  net.Add(Flatten());
  net.Add(Dense({.units = 6, .trainable = false}));
  net.Add(Dense({.units = 2}));
  net.Compile({.optimizer = SGD(), .loss = CategoricalCrossentropy({.from_logits = true})});
  const ir::Graph graph = GraphOf(net);
  std::vector<std::string> states;
  for (const ir::State& state : graph.states)
    states.push_back(absl::StrCat(graph.value(state.value).name, " ", ir::RoleName(state.role)));
  EXPECT_EQ(states,
            (std::vector<std::string>{"conv2d/kernel frozen", "conv2d/bias frozen", "dense/kernel frozen",
                                      "dense/bias frozen", "dense_1/kernel parameter", "dense_1/bias parameter"}));
}

std::string Frozen(const Model& model) {
  const ir::Graph graph = GraphOf(model);
  std::string names;
  for (const ir::State& state : graph.states) {
    if (state.role == ir::Role::kFrozen) absl::StrAppend(&names, graph.value(state.value).name, " ");
  }
  return names;
}

TEST(Trainable, FreezeConcernsTheLayersSoFar) {
  const auto build = [](bool freezes, bool trainable) {
    Sequential net("net", Input({8, 8, 3}));
    net.Add(Conv2D({.filters = 4, .kernel_size = 3, .trainable = trainable}));
    net.Add(BatchNormalization({.trainable = trainable}));
    net.Add(PReLU({.trainable = trainable}));
    if (freezes) net.Freeze();
    net.Add(Flatten());
    net.Add(Dense({.units = 2}));
    net.Compile({.optimizer = SGD(), .loss = CategoricalCrossentropy({.from_logits = true})});
    return net;
  };
  EXPECT_EQ(Frozen(build(true, true)),
            "conv2d/kernel conv2d/bias batch_normalization/gamma batch_normalization/beta "
            "batch_normalization/moving_mean batch_normalization/moving_variance p_re_lu/alpha ");
  // A normalization without statistics of batches, as if each layer had been given the argument.
  const auto without_lines = [](ir::Graph graph) {
    for (ir::Node& node : graph.nodes) node.locations.clear();
    for (ir::State& state : graph.states) state.location = {};
    for (ir::Layer& layer : graph.layers) layer.location = {};
    graph.training.location = {};
    return ir::Print(graph);
  };
  EXPECT_EQ(without_lines(GraphOf(build(true, true))), without_lines(GraphOf(build(false, false))));
  EXPECT_NE(without_lines(GraphOf(build(true, true))), without_lines(GraphOf(build(false, true))));
}

TEST(Trainable, FreezeNamesALayer) {
  Sequential net("net", Input({8}));
  for (int layer = 0; layer < 3; ++layer) net.Add(Dense({.units = 4}));
  net.Add(Dense({.units = 4, .name = "last"}));
  net.Freeze("dense_1");
  net.Freeze("last");
  net.Add(Dense({.units = 4}));
  EXPECT_EQ(Frozen(net), "dense_1/kernel dense_1/bias last/kernel last/bias ");
}

TEST(Trainable, AFrozenModelMayBePartOfAnother) {
  const Tensor x = Input({8});
  const Tensor features = Dense({.units = 6, .name = "features"})(Dense({.units = 7, .name = "hidden"})(x));
  Model base("base", x, features);
  base.Freeze();
  Model net("net", x, Dense({.units = 3, .name = "head"})(features));
  EXPECT_EQ(Frozen(net), "hidden/kernel hidden/bias features/kernel features/bias ");
}

TEST(Trainable, AugmentationMayFollowFrozenLayers) {
  const auto model = [](bool trainable) {
    Sequential net("flipped", Input({8, 8, 3}));
    net.Add(Conv2D({.filters = 4, .kernel_size = 3, .trainable = trainable}));
    net.Add(RandomFlip());
    net.Add(Flatten());
    net.Add(Dense({.units = 2}));
    return BuildGraph(net);
  };
  EXPECT_TRUE(model(false).ok());
  EXPECT_FALSE(model(true).ok());
}

#line 1 "regularized.cc"
Model Regularized() {
  const Tensor x = Input({3});
  const Layer shared =
      Dense({.units = 3, .kernel_regularizer = L1L2({.l1 = 0.1f, .l2 = 0.2f}), .activity_regularizer = "l2"});
  return Model("regularized", x, shared(shared(x)));
}
#line 150 "weights_test.cc"

TEST(Regularizers, PenalizeAWeightOnceAndTheOutputOfEachCall) {
  ExpectGolden(ir::Print(GraphOf(Regularized())), "frontend/golden/regularized.ir");
}

TEST(Regularizers, NeitherFrozenWeightsNorFactorsOfZeroArePenalized) {
  const auto penalties = [](const Layer& layer) {
    const Tensor x = Input({3});
    return GraphOf(Model("regularized", x, layer(x))).penalties.size();
  };
  EXPECT_EQ(penalties(Dense({.units = 2, .kernel_regularizer = L2()})), 1u);
  EXPECT_EQ(penalties(Dense({.units = 2, .kernel_regularizer = "l1l2"})), 1u);
  EXPECT_EQ(penalties(Dense({.units = 2, .kernel_regularizer = L2(), .trainable = false})), 0u);
  EXPECT_EQ(penalties(Dense({.units = 2, .activity_regularizer = L2(), .trainable = false})), 1u);
  EXPECT_EQ(penalties(Dense({.units = 2, .kernel_regularizer = L1L2(), .bias_regularizer = L1(0)})), 0u);
  EXPECT_EQ(penalties(Dense({.units = 2, .use_bias = false, .bias_regularizer = L1()})), 0u);
}

}  // namespace
}  // namespace brine
