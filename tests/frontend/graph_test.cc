// Tests which graphs models become.
#include <cmath>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "frontend/layers/layer_builder.h"
#include "frontend/layers/windows.h"
#include "gtest/gtest.h"
#include "ir/text/text.h"
#include "ir/verify/verify.h"
#include "tests/frontend/examples.h"
#include "tests/golden.h"

namespace brine {
namespace {

ir::Graph GraphOf(const Model& model) {
  absl::StatusOr<ir::Graph> graph = BuildGraph(model);
  EXPECT_TRUE(graph.ok()) << graph.status();
  if (!graph.ok()) return ir::Graph();
  const absl::Status verified = ir::Verify(*graph);
  EXPECT_TRUE(verified.ok()) << verified;
  return *std::move(graph);
}

ir::Type TypeOf(const ir::Graph& graph, absl::string_view name) {
  const ir::ValueId value = graph.FindValue(name);
  return value == ir::kNoValue ? ir::Type() : graph.type(value);
}

TEST(Examples, HaveTheirGoldenGraphs) {
  for (const Example& example : Examples()) {
    ExpectGolden(ir::Print(GraphOf(example.build())), std::string("frontend/golden/") + example.name + ".ir");
  }
}

// The shapes and numbers are those of Keras's summary of the same network.
TEST(Examples, ShapesAndParametersOfTheTutorialNetwork) {
  const ir::Graph graph = GraphOf(ExampleModel("cifar10_cnn"));
  struct Fact {
    const char* layer;
    ir::Shape shape;
    int64_t parameters;
  };
  const Fact facts[] = {{"conv2d", {-1, 30, 30, 32}, 896},
                        {"max_pooling2d", {-1, 15, 15, 32}, 0},
                        {"conv2d_1", {-1, 13, 13, 64}, 18496},
                        {"max_pooling2d_1", {-1, 6, 6, 64}, 0},
                        {"flatten", {-1, 2304}, 0},
                        {"dense", {-1, 128}, 295040},
                        {"dense_1", {-1, 10}, 1290}};
  int64_t total = 0;
  for (const Fact& fact : facts) {
    EXPECT_EQ(TypeOf(graph, fact.layer).shape, fact.shape) << fact.layer;
    int64_t parameters = 0;
    for (const ir::State& state : graph.states) {
      if (state.location.layer == fact.layer) parameters += ir::ElementCount(graph.type(state.value).shape, 1).value();
    }
    EXPECT_EQ(parameters, fact.parameters) << fact.layer;
    total += parameters;
  }
  EXPECT_EQ(total, 315722);
}

TEST(Examples, MnistHasItsShapesAndParameters) {
  const ir::Graph graph = GraphOf(ExampleModel("mnist_mlp"));
  EXPECT_EQ(graph.training.objectives.at(0).loss, "sparse_categorical_crossentropy");
  EXPECT_EQ(TypeOf(graph, "dense_2").shape, (ir::Shape{-1, 10}));
}

// Compares the pads with TensorFlow's rule, by counting the cells of windows outside the image.
TEST(Windows, SamePads) {
  for (int64_t extent = 1; extent <= 12; ++extent) {
    for (int64_t size = 1; size <= 5; ++size) {
      for (int64_t stride = 1; stride <= 4; ++stride) {
        for (int64_t dilation = 1; dilation <= 3; ++dilation) {
          int64_t windows = 0;
          for (int64_t start = 0; start < extent; start += stride) ++windows;
          const int64_t reach = (windows - 1) * stride + (size - 1) * dilation + 1;
          const internal::AxisPads pads = internal::SamePads(extent, size, stride, dilation);
          EXPECT_EQ(pads.before + pads.after, reach > extent ? reach - extent : 0);
          EXPECT_TRUE(pads.after == pads.before || pads.after == pads.before + 1);
        }
      }
    }
  }
}

TEST(Windows, SameAtEvenAndOddSizes) {
  const Tensor x = Input({7, 6, 1});
  const ir::Graph graph =
      GraphOf(Model("same", x,
                    MaxPooling2D({.pool_size = {2, 3}, .padding = "same"})(
                        Conv2D({.filters = 2, .kernel_size = {2, 3}, .strides = 2, .padding = "same"})(x))));
  EXPECT_EQ(graph.nodes[0].attributes.Ints("pads"), (std::vector<int64_t>{0, 0, 1, 1}));
  EXPECT_EQ(TypeOf(graph, "conv2d").shape, (ir::Shape{-1, 4, 3, 2}));
  EXPECT_EQ(TypeOf(graph, "max_pooling2d").shape, (ir::Shape{-1, 2, 1, 2}));
}

#line 1 "two_heads.cc"
Model TwoHeads() {
  Tensor image = Input({4, 4, 1}, {.dtype = "uint8", .name = "image"});
  Tensor size = Input({2}, {.name = "size"});
  Tensor features =
      Dense({.units = 3, .activation = "relu", .name = "features"})(Flatten({.name = "flat"})(Rescaling(0.5)(image)));
  Tensor both = features + Dense({.units = 3, .name = "widened"})(size);
  Tensor kind = Dense({.units = 4, .activation = "softmax", .name = "kind"})(both);
  Tensor price = Dense({.units = 1, .name = "price"})(both);
  Model net("two_heads", {image, size}, {kind, price});
  net.Compile({.optimizer = SGD({.learning_rate = 0.1f}),
               .loss = {{"kind", "sparse_categorical_crossentropy"}, {"price", MeanSquaredError()}},
               .metrics = {{"kind", {"accuracy"}}},
               .loss_weights = {{"price", 0.25f}}});
  return net;
}
#line 108 "graph_test.cc"

#line 1 "residual.cc"
Model Residual() {
  Tensor x = Input({4, 4, 2}, {.name = "image"});
  Tensor mask = Input({4, 4, 2});
  Layer conv = Conv2D({.filters = 2,
                       .kernel_size = 3,
                       .padding = "same",
                       .use_bias = false,
                       .kernel_initializer = "he_normal",
                       .name = "conv"});
  Tensor y = Relu(conv(x));
  Tensor z = x + conv(y);
  Tensor pooled = GlobalAveragePooling2D()(Add({z, mask, y}));
  Model model("residual", {x, mask},
              Dense({.units = 3, .kernel_initializer = Constant(0.5), .bias_initializer = "ones"})(pooled));
  model.Compile(
      {.optimizer = SGD({.momentum = 0.9, .nesterov = true}), .loss = CategoricalCrossentropy({.from_logits = true})});
  return model;
}

#line 1 "normalized.cc"
Model Normalized() {
  Tensor x = Input({4, 6, 3}, {.name = "image"});
  Tensor y = Conv2D({.filters = 5, .kernel_size = 3, .use_bias = false})(x);
  y = Relu(BatchNormalization({.momentum = 0.9f, .epsilon = 1e-5f})(y));
  Layer plain = BatchNormalization({.center = false, .scale = false, .name = "plain"});
  y = plain(plain(GlobalAveragePooling2D()(y)));
  y = BatchNormalization({.moving_variance_initializer = Constant(4), .trainable = false})(y);
  Model model("normalized", x, Dense({.units = 2})(y));
  model.Compile({.optimizer = SGD(), .loss = CategoricalCrossentropy({.from_logits = true})});
  return model;
}
#line 154 "graph_test.cc"

TEST(Functional, NormalizationsWithStatistics) {
  ExpectGolden(ir::Print(GraphOf(Normalized())), "frontend/golden/normalized.ir");
}

#line 1 "rows.cc"
Model NormalizedRows() {
  Tensor x = Input({4, 6, 6});
  Tensor y = Normalization({.mean = {0.5}, .variance = {4}})(x);
  y = GroupNormalization({.groups = 3})(LayerNormalization({.epsilon = 1e-5f})(y));
  y = LayerNormalization({.center = false, .scale = false, .name = "plain"})(GlobalAveragePooling2D()(y));
  y = GroupNormalization({.groups = 2, .scale = false, .trainable = false, .name = "frozen"})(y);
  return Model("rows", x,
               Normalization({.mean = {0, 1, 2, 3, 4, 5}, .variance = {1, 1, 1, 1, 1, 0}, .invert = true})(y));
}

#line 1 "convolutions.cc"
Model Convolutions() {
  Tensor x = Input({9, 8, 2}, {.name = "image"});
  Tensor y = DepthwiseConv2D({.kernel_size = {3, 2}, .depth_multiplier = 2, .activation = "relu"})(x);
  y = SeparableConv2D({.filters = 3, .kernel_size = 3, .strides = 2, .padding = "same", .trainable = false})(y);
  y = Conv2DTranspose({.filters = 2, .kernel_size = 4, .strides = 2, .padding = "same", .activation = "relu"})(y);
  y = Conv2DTranspose({.filters = 1, .kernel_size = {2, 3}, .output_padding = 0, .dilation_rate = 2})(y);
  return Model("convolutions", x, y);
}

#line 1 "sequences.cc"
Model Sequences() {
  Tensor x = Input({9, 2}, {.dtype = "uint8", .name = "sequence"});
  Tensor y = Conv1D({.filters = 4, .kernel_size = 3, .padding = "causal", .activation = "relu"})(x);
  y = MaxPooling1D()(y);
  y = Conv1D({.filters = 2, .kernel_size = 2, .strides = 2, .padding = "same", .groups = 2, .use_bias = false})(y);
  y = AveragePooling1D({.pool_size = 2, .strides = 1, .padding = "same"})(y);
  return Model("sequences", x, Concatenate({GlobalAveragePooling1D()(y), GlobalMaxPooling1D()(y)}));
}
#line 190 "graph_test.cc"

TEST(Functional, LayersOfConvolutionsAndNormalizations) {
  ExpectGolden(ir::Print(GraphOf(NormalizedRows())), "frontend/golden/rows.ir");
  ExpectGolden(ir::Print(GraphOf(Convolutions())), "frontend/golden/convolutions.ir");
  ExpectGolden(ir::Print(GraphOf(Sequences())), "frontend/golden/sequences.ir");
}

// The extents of Keras's summary.
TEST(Windows, TransposedConvolutionsHaveKerasExtents) {
  const auto type = [](Conv2DTransposeOptions options) {
    const Tensor x = Input({5, 4, 2});
    options.filters = 3;
    const ir::Graph graph = GraphOf(Model("m", x, Conv2DTranspose(options)(x)));
    return ir::ToString(graph.type(graph.outputs[0].value));
  };
  EXPECT_EQ(type({.kernel_size = 3}), "f32[n,7,6,3]");
  EXPECT_EQ(type({.kernel_size = 3, .padding = "same"}), "f32[n,5,4,3]");
  EXPECT_EQ(type({.kernel_size = 2, .strides = 3}), "f32[n,15,12,3]");
  EXPECT_EQ(type({.kernel_size = 2, .strides = 3, .output_padding = 0}), "f32[n,14,11,3]");
  EXPECT_EQ(type({.kernel_size = 3, .strides = 2, .padding = "same"}), "f32[n,10,8,3]");
  EXPECT_EQ(type({.kernel_size = 3, .strides = 2, .padding = "same", .output_padding = {0, 1}}), "f32[n,9,8,3]");
  EXPECT_EQ(type({.kernel_size = {2, 3}, .dilation_rate = {3, 2}}), "f32[n,8,8,3]");
}

TEST(Functional, ResidualWithSharedLayerAndTwoInputs) {
  ExpectGolden(ir::Print(GraphOf(Residual())), "frontend/golden/residual.ir");
  ExpectGolden(ir::Print(GraphOf(TwoHeads())), "frontend/golden/two_heads.ir");
}

TEST(Functional, ConcatenateCountsItsAxisFromEitherEnd) {
  const Tensor x = Input({4, 4, 2}, {.dtype = "float32"}), bytes = Input({4, 4, 1}, {.dtype = "uint8"});
  const auto type = [](const Model& model) {
    const ir::Graph graph = GraphOf(model);
    return ir::ToString(graph.type(graph.outputs[0].value));
  };
  EXPECT_EQ(type(Model("last", x, Concatenate({x, x, x}))), "f32[n,4,4,6]");
  EXPECT_EQ(type(Model("third", x, Concatenate({x, x, x}, {.axis = 3}))), "f32[n,4,4,6]");
  EXPECT_EQ(type(Model("first", x, Concatenate({x, x, x}, {.axis = 1}))), "f32[n,12,4,2]");
  EXPECT_EQ(type(Model("second", x, Concatenate({x, x, x}, {.axis = -2}))), "f32[n,4,12,2]");
  EXPECT_EQ(type(Model("bytes", {x, bytes}, Concatenate({x, bytes}))), "f32[n,4,4,3]");
}

TEST(Functional, LongChainsNeedNoStack) {
  const Tensor x = Input({1});
  const Layer relu = ReLU();
  Tensor y = x;
  for (int i = 0; i < 1000; ++i) y = relu(y);
  EXPECT_EQ(GraphOf(Model("chain", x, y)).nodes.size(), 1000u);
  for (int i = 0; i < 200'000; ++i) y = relu(y);  // all of them are freed at the end of the test
}

TEST(Inputs, ATypeThatWasNotGivenFollowsFromWhatReadsTheInput) {
  const auto type = [](const Tensor& x, const Tensor& y) { return GraphOf(Model("m", x, y)).values[0].type.dtype; };
  const Tensor a = Input({4, 4, 1}), b = Input({4, 4, 1}), c = Input({4, 4, 1}),
               d = Input({4, 4, 1}, {.dtype = "float32"});
  const Tensor e = Input({4, 4, 1}, {.dtype = "uint8"}), f = Input({4, 4, 1});
  EXPECT_EQ(type(a, Rescaling(0.5)(a)), ir::DType::kU8);
  EXPECT_EQ(type(b, Rescaling(0.5)(Flatten()(RandomFlip()(b)))), ir::DType::kU8);
  EXPECT_EQ(type(c, Rescaling(0.5)(c) + c), ir::DType::kF32);
  EXPECT_EQ(type(d, Rescaling(0.5)(d)), ir::DType::kF32);
  EXPECT_EQ(type(e, MaxPooling2D()(e)), ir::DType::kU8);
  EXPECT_EQ(type(f, Dense({.units = 1})(f)), ir::DType::kF32);
}

TEST(Inputs, TheTypeAsksTheTraitsOfALayerThatIsNew) {
  const auto crop = [](internal::LayerTraits traits) {
    const auto lower = [](internal::LayerBuilder& builder) {
      ir::Shape shape = builder.type(builder.input()).shape;
      shape[1] = 2;
      return builder.Emit(ir::kSlice, {builder.input()}, {{"begin", ir::Shape(shape.size(), 0)}, {"shape", shape}});
    };
    return internal::MakeLayer("Crop", "crop", "", Line::current(), lower, traits);
  };
  const auto type = [](const Layer& first, const Layer& second) {
    const Tensor x = Input({4, 4, 1});
    return GraphOf(Model("m", x, second(first(x)))).values[0].type.dtype;
  };
  EXPECT_EQ(type(crop({.moves_elements = true}), Rescaling(0.5)), ir::DType::kU8);
  EXPECT_EQ(type(crop({.moves_elements = true}), ReLU()), ir::DType::kF32);
  EXPECT_EQ(type(crop({}), Rescaling(0.5)), ir::DType::kF32);
  EXPECT_EQ(type(Flatten(), crop({.rescales_elements = true})), ir::DType::kU8);
}

TEST(Names, AutomaticNamesStepAsideForGivenOnes) {
  Sequential net("names", Input({4}));
  net.Add(Dense({.units = 2}));
  net.Add(Dense({.units = 2, .name = "dense_1"}));
  net.Add(Dense({.units = 2}));
  net.Add(ReLU());
  const ir::Graph graph = GraphOf(net);
  std::string names;
  for (const ir::Layer& layer : graph.layers) names += layer.name + " ";
  EXPECT_EQ(names, "dense dense_1 dense_2 re_lu ");
}

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

// The lines of the nodes of a model with one layer, without types and places.
std::string NodesOf(const Layer& layer, Shape shape = {4, 4, 2}) {
  Sequential net("m", Input(shape));
  net.Add(layer);
  const ir::Graph graph = GraphOf(net);
  std::string lines;
  for (const ir::Node& node : graph.nodes) {
    const std::string line = ir::PrintNode(graph, node);
    lines += line.substr(0, line.find(" : ")) + "\n";
  }
  return lines;
}

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

TEST(Metrics, SeveralThresholdsAreSeveralResults) {
  Sequential net("m", Input({4}));
  net.Add(Dense({.units = 3, .activation = "softmax"}));
  net.Compile({.optimizer = SGD(),
               .loss = "categorical_crossentropy",
               .metrics = {Precision(), Precision({.thresholds = {0.25f, 0.5}, .class_id = 1}),
                           Recall({.thresholds = {0.5f, 0.5f}, .top_k = 2}), Precision({.top_k = 2}),
                           Recall({.thresholds = 1, .name = "r"})}});
  std::vector<std::string> uses;
  for (const ir::MetricUse& use : GraphOf(net).training.objectives.at(0).metrics) {
    uses.push_back(absl::StrCat(use.name, ":"));
    for (const char* name : {"thresholds", "top_k", "class_id"}) {
      if (!use.arguments.Has(name)) continue;
      absl::StrAppend(
          &uses.back(), " ", name, " ",
          std::string(name) == "thresholds" ? use.arguments.Float(name) : static_cast<double>(use.arguments.Int(name)));
    }
  }
  EXPECT_EQ(uses,
            (std::vector<std::string>{"precision: thresholds 0.5", "precision_0.25: thresholds 0.25 class_id 1",
                                      "precision_0.5: thresholds 0.5 class_id 1", "recall_0.5: thresholds 0.5 top_k 2",
                                      "recall_0.5_1: thresholds 0.5 top_k 2", "precision_1: thresholds -1e+10 top_k 2",
                                      "r: thresholds 1"}));
}

TEST(Merging, StretchesAxesOfExtentOne) {
  const Tensor image = Input({4, 5, 3}), gate = Input({1, 1, 3}), row = Input({3});
  const auto type = [](const Model& model) {
    const ir::Graph graph = GraphOf(model);
    return absl::StrCat(graph.value(graph.outputs[0].value).name, " ",
                        ir::ToString(graph.type(graph.outputs[0].value)));
  };
  EXPECT_EQ(type(Model("m", {image, gate}, image * gate)), "multiply f32[n,4,5,3]");
  EXPECT_EQ(type(Model("m", {image, gate}, gate - image)), "subtract f32[n,4,5,3]");
  EXPECT_EQ(type(Model("m", {image, row}, Maximum({row, image}))), "maximum f32[n,4,5,3]");
  EXPECT_EQ(type(Model("m", {image, gate, row}, Average({image, gate, row}))), "average f32[n,4,5,3]");
  EXPECT_EQ(type(Model("m", {gate, row}, Minimum({gate, row}))), "minimum f32[n,1,1,3]");
}

TEST(Merging, AnAverageIsASumDividedByItsTerms) {
  const Tensor a = Input({3}), b = Input({3}), c = Input({3});
  const ir::Graph graph = GraphOf(Model("m", {a, b, c}, Average({a, b, c})));
  std::string ops;
  for (const ir::Node& node : graph.nodes) ops += node.op->name + " ";
  EXPECT_EQ(ops, "add add constant div ");
}

TEST(Noise, LeavesNoTraceOutsideOfTraining) {
  for (const Layer& layer : {GaussianNoise(0.5), GaussianDropout(0.5), AlphaDropout(0.5), SpatialDropout2D(0.5)}) {
    const std::string lines = NodesOf(layer);
    EXPECT_TRUE(absl::StrContains(lines, "random_")) << lines;
    EXPECT_TRUE(absl::StrContains(lines, "in_train_phase(")) << lines;
  }
  EXPECT_EQ(NodesOf(GaussianNoise(0.5)).substr(0, 50), "%gaussian_noise.random_normal = random_normal(%see");
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
#line 443 "graph_test.cc"

TEST(Regularizers, PenalizeAWeightOnceAndTheOutputOfEachCall) {
  ExpectGolden(ir::Print(GraphOf(Regularized())), "frontend/golden/regularized.ir");
}

TEST(Regularizers, NeitherFrozenWeightsNorFactorsOfZeroArePenalized) {
  const auto penalties = [](const Layer& layer) {
    const Tensor x = Input({3});
    return GraphOf(Model("regularized", x, layer(x))).penalties.size();
  };
  EXPECT_EQ(penalties(Dense({.units = 2, .kernel_regularizer = L2()})), 1u);
  EXPECT_EQ(penalties(Dense({.units = 2, .kernel_regularizer = L2(), .trainable = false})), 0u);
  EXPECT_EQ(penalties(Dense({.units = 2, .activity_regularizer = L2(), .trainable = false})), 1u);
  EXPECT_EQ(penalties(Dense({.units = 2, .kernel_regularizer = L1L2(), .bias_regularizer = L1(0)})), 0u);
  EXPECT_EQ(penalties(Dense({.units = 2, .use_bias = false, .bias_regularizer = L1()})), 0u);
}

TEST(Real, AFloatIsItsShortestDecimal) {
  EXPECT_EQ(Real(1e-3f).value(), 0.001);
  EXPECT_EQ(static_cast<float>(Real(1.0f / 255).value()), 1.0f / 255);
  EXPECT_EQ(Real(-16777216.0f).value(), -16777216.0);
  EXPECT_TRUE(std::isnan(Real(std::nanf("")).value()));
  EXPECT_TRUE(std::isinf(Real(INFINITY).value()));
}

TEST(Files, GraphsSavedAndLoadedAreTheSame) {
  const std::string text = ir::Print(GraphOf(Residual()));
  for (const char* name : {"model.pb", "model.pbtxt", "model.ir"}) {
    const std::string path = testing::TempDir() + "/frontend_" + name;
    std::string error;
    ASSERT_TRUE(SaveGraph(Residual(), path, &error)) << error;
    EXPECT_EQ(ir::Print(GraphOf(Model::FromGraph(LoadGraph(path)))), text);
  }
}

TEST(Files, ALoadedGraphCanBeCompiledAnew) {
  const std::string path = testing::TempDir() + "/frontend_anew.pb";
  ASSERT_TRUE(SaveGraph(Residual(), path));
  Model model = Model::FromGraph(LoadGraph(path));
  model.Compile({.optimizer = "adam", .loss = "categorical_crossentropy"});
  ASSERT_EQ(model.Mistakes().size(), 1u);  // the graph ends in logits, which the loss does not take
  model.Compile({.optimizer = "adam", .loss = CategoricalCrossentropy({.from_logits = true})});
  EXPECT_EQ(GraphOf(model).training.optimizer, "adam");
}

// The frontend need not have written the file: there may be no locations, and the output may be any value.
TEST(Files, ALoadedGraphThatNoLossFits) {
  const std::string path = testing::TempDir() + "/frontend_scalar.ir";
  std::ofstream(path) << "graph \"scalar\" stage=graph function=model {\n"
                         "  state %p : f32[] parameter constant(0.0)\n"
                         "  %y = relu(%p) : f32[]\n"
                         "  output \"output\" = %y\n"
                         "}\n";
  Model model = Model::FromGraph(LoadGraph(path));
  EXPECT_EQ(model.Mistakes().size(), 0u);
  model.Compile({.loss = CategoricalCrossentropy({.from_logits = true})});
  ASSERT_EQ(model.Mistakes().size(), 1u);
  EXPECT_TRUE(absl::StrContains(model.Mistakes()[0], ": output: output is (), but the loss needs (n, …, classes)"))
      << model.Mistakes()[0];
}

TEST(Files, AModelOfAGraphCannotBeFrozen) {
  const std::string path = testing::TempDir() + "residual.pb";
  ASSERT_TRUE(SaveGraph(Residual(), path));
  for (const bool by_name : {false, true}) {
    Model model = Model::FromGraph(LoadGraph(path));
    by_name ? model.Freeze("conv") : model.Freeze();
    ASSERT_EQ(model.Mistakes().size(), 1u);
    EXPECT_TRUE(absl::StrContains(model.Mistakes()[0], ": freeze: a model that was made from a graph cannot be frozen"))
        << model.Mistakes()[0];
  }
}

TEST(Files, AFileThatCannotBeReadIsAMistake) {
  const Graph graph = LoadGraph("/nonexistent/model.pb");
  EXPECT_FALSE(graph.ok());
  const std::vector<std::string> mistakes = Model::FromGraph(graph).Mistakes();
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_TRUE(absl::StrContains(mistakes[0], "graph_test.cc:")) << mistakes[0];
  EXPECT_TRUE(absl::StrContains(mistakes[0], "/nonexistent/model.pb")) << mistakes[0];
  std::string error;
  EXPECT_FALSE(SaveGraph(Residual(), "/nonexistent/model.pb", &error));
  EXPECT_NE(error, "");
}

}  // namespace
}  // namespace brine
