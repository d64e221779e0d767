// Small networks of normalizations and of all kinds of convolutions, from the call to the compiled step.
#include <gtest/gtest.h>

#include <cmath>

#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "ir/draw.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

constexpr int64_t kBatchSize = 5;

Model Trained(const Tensor& x, const Tensor& y) {
  Model net("net", x, Dense({.units = 3})(Flatten()(y)));
  net.Compile({.optimizer = SGD({.learning_rate = 0.1f}), .loss = CategoricalCrossentropy({.from_logits = true})});
  return net;
}

// A block of MobileNet, and a residual sum.
Model Depthwise() {
  const Tensor x = Input({9, 7, 3});
  const Layer expand = Conv2D({.filters = 16, .kernel_size = 1, .use_bias = false});
  const Tensor y = Relu(BatchNormalization()(expand(x)));
  const Tensor z =
      Relu(BatchNormalization()(DepthwiseConv2D({.kernel_size = 3, .padding = "same", .use_bias = false})(y)));
  return Trained(x,
                 y + SeparableConv2D({.filters = 16, .kernel_size = 3, .padding = "same", .depth_multiplier = 2})(z));
}

Model Transposed() {
  const Tensor x = Input({9, 8, 2});
  Tensor y = Conv2D({.filters = 16, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"})(x);
  y = Conv2DTranspose({.filters = 8, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"})(y);
  return Trained(x, Conv2DTranspose({.filters = 3, .kernel_size = {2, 3}})(GroupNormalization({.groups = 2})(y)));
}

Model Sequences() {
  const Tensor x = Input({13, 3});
  Tensor y = Conv1D({.filters = 16, .kernel_size = 3, .padding = "causal", .activation = "relu"})(x);
  y = LayerNormalization()(MaxPooling1D()(y));
  y = AveragePooling1D({.pool_size = 2, .strides = 1})(Conv1D({.filters = 8, .kernel_size = 2, .dilation_rate = 2})(y));
  return Trained(x, Relu(BatchNormalization()(Dense({.units = 9, .use_bias = false})(y))));
}

// Every kind of weight and output with a penalty.  The output of the model is penalized, too.
Model Penalized() {
  const Tensor x = Input({9, 7, 3});
  Tensor y = Conv2D({.filters = 16,
                     .kernel_size = 3,
                     .activation = "relu",
                     .kernel_regularizer = L2(1e-3),
                     .bias_regularizer = L1(1e-3),
                     .activity_regularizer = L1(1e-3)})(x);
  y = BatchNormalization({.beta_regularizer = "l2", .gamma_regularizer = "l1"})(y);
  y = SeparableConv2D({.filters = 8,
                       .kernel_size = 2,
                       .depthwise_regularizer = "l1_l2",
                       .pointwise_regularizer = L1(0.02),
                       .activity_regularizer = L2(1e-3)})(y);
  y = PReLU({.alpha_regularizer = L2(), .shared_axes = {1, 2}})(y);
  const Tensor logits = Dense({.units = 3,
                               .activation = "softmax",
                               .kernel_regularizer = L1L2({.l1 = 1e-3, .l2 = 1e-2}),
                               .activity_regularizer = L2(0.1)})(Flatten()(y));
  Model net("penalized", x, logits);
  net.Compile({.optimizer = Adam({.learning_rate = 0.01f, .global_clipnorm = 1}),
               .loss = CategoricalCrossentropy(),
               .metrics = {"accuracy"}});
  return net;
}

ir::Graph Planned(const Model& model, ir::Function function) {
  const auto graph = BuildGraph(model);
  EXPECT_TRUE(graph.ok()) << graph.status();
  auto derived = passes::Derive(*graph, function, kBatchSize);
  EXPECT_TRUE(derived.ok()) << derived.status();
  const auto changed = passes::RunPipeline(*derived);
  EXPECT_TRUE(changed.ok()) << changed.status();
  return *derived;
}

class Layers : public testing::TestWithParam<Model (*)()> {};

// Compares a training step with the interpreter, on whole batches and on one row, and on one and on three threads.
TEST_P(Layers, KernelsAgreeWithTheInterpreter) {
  const ir::Graph graph = Planned(GetParam()(), ir::Function::kTrain);
  auto step = BuildStep(graph, TestOptions());
  ASSERT_TRUE(step.ok()) << step.status();
  StepComparison comparison(graph);
  for (uint64_t seed = 1; seed <= 16; ++seed) {
    const int64_t rows = seed % 4 == 0 ? 1 : kBatchSize;
    const ir::Tensors<float> given = ir::DrawGiven<float>(graph, rows, 3, seed);
    const auto one = step->Run(given, rows, 1), three = step->Run(given, rows, 3);
    ASSERT_TRUE(one.ok() && three.ok()) << one.status() << three.status();
    for (const auto& [name, tensor] : *one) EXPECT_EQ(tensor.real, three->at(name).real) << name;
    EXPECT_TRUE(comparison.Add(given, *one, rows).ok());
  }
  EXPECT_EQ(comparison.FirstFault(), "");
}

INSTANTIATE_TEST_SUITE_P(Small, Layers, testing::Values(Depthwise, Transposed, Sequences, Penalized));

// Deviations of 1 around a mean of 1000, of which E[x²] − E[x]² in float would leave noise.
TEST(BatchNormalizationNumerics, AVarianceIsAccurateWhereTheMeanIsLarge) {
  const Tensor x = Input({16, 16, 2});
  const ir::Graph graph = Planned(Trained(x, BatchNormalization({.momentum = 0})(x)), ir::Function::kTrain);
  auto step = BuildStep(graph, TestOptions());
  ASSERT_TRUE(step.ok()) << step.status();
  ir::Tensors<float> given = ir::DrawGiven<float>(graph, kBatchSize, 3, 1);
  std::vector<float>& data = given.at("x").real;
  for (size_t i = 0; i < data.size(); ++i)
    data[i] = 1000 + static_cast<float>(std::sqrt(2.0) * std::sin(1.7 * double(i)));
  const auto results = step->Run(given, kBatchSize, 2);
  ASSERT_TRUE(results.ok()) << results.status();
  for (size_t channel = 0; channel < 2; ++channel) {
    const double count = static_cast<double>(data.size()) / 2;
    double mean = 0, variance = 0;
    for (size_t i = channel; i < data.size(); i += 2) mean += double{data[i]} / count;
    for (size_t i = channel; i < data.size(); i += 2) variance += std::pow(double{data[i]} - mean, 2) / count;
    EXPECT_NEAR(results->at("batch_normalization/moving_mean").real[channel], mean, 1e-3);
    EXPECT_NEAR(results->at("batch_normalization/moving_variance").real[channel], variance, 1e-5);
  }
}

}  // namespace
}  // namespace brine::codegen
