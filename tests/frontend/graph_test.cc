// Tests which graphs models become: shapes, types, names and places.
#include <cmath>

#include "frontend/layers/layer_builder.h"
#include "frontend/layers/windows.h"
#include "tests/frontend/examples.h"
#include "tests/frontend/graph_of_model.h"
#include "tests/golden.h"

namespace brine {
namespace {

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
#line 99 "graph_test.cc"

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
#line 133 "graph_test.cc"

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
#line 169 "graph_test.cc"

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

TEST(Metrics, SeveralThresholdsAreSeveralResults) {
  Sequential net("m", Input({4}));
  net.Add(Dense({.units = 3, .activation = "softmax"}));
  net.Compile({.optimizer = SGD(),
               .loss = "categorical_crossentropy",
               .metrics = {Precision(), Precision({.thresholds = {0.25f, 0.5}, .class_id = 1}),
                           Recall({.thresholds = {0.5f, 0.5f}, .top_k = 2}), Precision({.top_k = 2}),
                           Recall({.thresholds = 1, .name = "r"})}});
  const ir::Graph graph = GraphOf(net);
  std::vector<std::string> uses;
  for (const ir::MetricUse& use : graph.training.objectives.at(0).metrics) {
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

TEST(Real, AFloatIsItsShortestDecimal) {
  EXPECT_EQ(Real(1e-3f).value(), 0.001);
  EXPECT_EQ(static_cast<float>(Real(1.0f / 255).value()), 1.0f / 255);
  EXPECT_EQ(Real(-16777216.0f).value(), -16777216.0);
  EXPECT_TRUE(std::isnan(Real(std::nanf("")).value()));
  EXPECT_TRUE(std::isinf(Real(INFINITY).value()));
}

}  // namespace
}  // namespace brine
