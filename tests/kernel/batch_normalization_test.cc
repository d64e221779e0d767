// A batch normalization written with the functions for layers, from the call to the compiled step.  No pass, no kernel
// and no other layer knows of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "frontend/layers/layer_builder.h"
#include "ir/draw.h"
#include "passes/check_gradients.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

constexpr double kMomentum = 0.9, kEpsilon = 1e-3;
constexpr int64_t kBatchSize = 6;

Symbol EmitIntermediate(LayerBuilder& builder, const ir::Op& op, const std::vector<Symbol>& inputs,
                        ir::Attributes attributes = {}) {
  return builder.Emit(op, inputs, std::move(attributes), /*last=*/false);
}

// The mean of x over all axes but the last.
Symbol MeanOf(LayerBuilder& builder, const Symbol& x, const Symbol& count) {
  const Symbol sum = EmitIntermediate(builder, ir::kReduceSum, {x}, {{"axes", std::vector<int64_t>{0, 1, 2}}});
  return EmitIntermediate(builder, ir::kDiv, {sum, count});
}

// moving ← momentum·moving + (1 − momentum)·of_batch
void UpdateMoving(LayerBuilder& builder, const Symbol& moving, const Symbol& of_batch) {
  const Symbol kept =
      EmitIntermediate(builder, ir::kMul, {builder.Latest(moving), builder.Constant("momentum", kMomentum)});
  const Symbol taken = EmitIntermediate(builder, ir::kMul, {of_batch, builder.Constant("rest", 1 - kMomentum)});
  builder.Update(moving, EmitIntermediate(builder, ir::kAdd, {kept, taken}));
}

// y = (x − mean) / √(variance + ε)·γ + β, with the statistics of the batch in training and the moving ones elsewhere
Symbol LowerBatchNormalization(LayerBuilder& builder) {
  const Symbol x = builder.AsReal(builder.input());
  const ir::Shape& shape = builder.type(x).shape;
  const ir::Shape channels = {shape[3]};
  const double pixels = static_cast<double>(shape[1] * shape[2]);
  const Symbol gamma = builder.Parameter("gamma", channels, "ones", true),
               beta = builder.Parameter("beta", channels, "zeros", true),
               moving_mean = builder.Statistic("moving_mean", channels, "zeros"),
               moving_variance = builder.Statistic("moving_variance", channels, "ones");

  const Symbol count = EmitIntermediate(builder, ir::kMul, {builder.Rows(), builder.Constant("pixels", pixels)});
  const Symbol mean_of_batch = MeanOf(builder, x, count);
  const Symbol deviation = EmitIntermediate(builder, ir::kSub, {x, mean_of_batch});
  const Symbol variance_of_batch = MeanOf(builder, EmitIntermediate(builder, ir::kMul, {deviation, deviation}), count);
  UpdateMoving(builder, moving_mean, mean_of_batch);
  UpdateMoving(builder, moving_variance, variance_of_batch);

  const Symbol mean = EmitIntermediate(builder, ir::kInTrainPhase, {mean_of_batch, moving_mean}),
               variance = EmitIntermediate(builder, ir::kInTrainPhase, {variance_of_batch, moving_variance});
  const Symbol sum = EmitIntermediate(builder, ir::kAdd, {variance, builder.Constant("epsilon", kEpsilon)});
  const Symbol normalized = EmitIntermediate(
      builder, ir::kDiv, {EmitIntermediate(builder, ir::kSub, {x, mean}), EmitIntermediate(builder, ir::kSqrt, {sum})});
  return builder.Emit(ir::kAdd, {EmitIntermediate(builder, ir::kMul, {normalized, gamma}), beta});
}

Layer BatchNormalization(Line line = Line::current()) {
  return internal::MakeLayer("BatchNormalization", "batch_normalization", "", line, LowerBatchNormalization);
}

Model Convolutions() {
  Sequential net("normalized", Input({8, 8, 3}));
  net.Add(Conv2D({.filters = 16, .kernel_size = 3, .use_bias = false}));
  net.Add(BatchNormalization());
  net.Add(Activation("relu"));
  net.Add(Conv2D({.filters = 16, .kernel_size = 3, .use_bias = false}));
  net.Add(BatchNormalization());
  net.Add(Activation("relu"));
  net.Add(Flatten());
  net.Add(Dense({.units = 4}));
  net.Compile({.optimizer = SGD({.learning_rate = 0.1f}), .loss = CategoricalCrossentropy({.from_logits = true})});
  return net;
}

ir::Graph GraphOf(const Model& model, ir::Function function) {
  const auto graph = BuildGraph(model);
  EXPECT_TRUE(graph.ok()) << graph.status();
  auto derived = passes::Derive(*graph, function, kBatchSize);
  EXPECT_TRUE(derived.ok()) << derived.status();
  return *derived;
}

ir::Graph Planned(const Model& model, ir::Function function) {
  ir::Graph graph = GraphOf(model, function);
  const auto changed = passes::RunPipeline(graph);
  EXPECT_TRUE(changed.ok()) << changed.status();
  return graph;
}

TEST(BatchNormalization, HasTheRightGradient) {
  ir::Graph graph = GraphOf(Convolutions(), ir::Function::kTrain);
  passes::PipelineOptions options;
  options.only = {"specialize", "add-loss", "autodiff"};
  ASSERT_TRUE(passes::RunPipeline(graph, options).ok());
  const auto check = passes::CheckGradients(graph, ir::DrawGiven<double>(graph, 5, 3, 1), 5, 4);
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_TRUE(check->ok()) << check->where << " is off by " << check->worst;
}

// The sums of the batch join the kernels that make what they sum: Σ x the convolution's, Σ dy and Σ dy·x that of the
// next convolution's input gradient.
TEST(BatchNormalization, ItsSumsAreSideReductions) {
  const ir::Graph graph = Planned(Convolutions(), ir::Function::kTrain);
  std::vector<std::string> kernels;
  for (const ir::Node& kernel : graph.nodes) {
    if (!kernel.is_kernel() || kernel.body[0].op->kind != ir::OpKind::kContraction) continue;
    std::string ops;
    for (const ir::Node& node : kernel.body) ops += (ops.empty() ? "" : " ") + node.op->name;
    kernels.push_back(ops);
  }
  EXPECT_THAT(kernels, testing::Contains("conv2d reduce_sum").Times(2));
  // Of dy: Σ dy for β; dy·γ; Σ dy·x̂ for γ; dy·γ / σ and its sum, for the mean; Σ dy·γ·x̂ / σ, for the variance.
  EXPECT_THAT(kernels, testing::Contains("conv2d_input_grad relu_grad reduce_sum mul mul reduce_sum div mul div "
                                         "reduce_sum reduce_sum"));
}

TEST(BatchNormalization, KernelsAgreeWithTheInterpreter) {
  for (ir::Function function : {ir::Function::kTrain, ir::Function::kEvaluate, ir::Function::kPredict}) {
    const ir::Graph graph = Planned(Convolutions(), function);
    auto step = BuildStep(graph, TestOptions());
    ASSERT_TRUE(step.ok()) << step.status();
    StepComparison comparison(graph);
    for (uint64_t seed = 1; seed <= 16; ++seed) {
      const ir::Tensors<float> given = ir::DrawGiven<float>(graph, kBatchSize, 3, seed);
      const auto results = step->Run(given, kBatchSize, 2);
      ASSERT_TRUE(results.ok()) << results.status();
      EXPECT_TRUE(comparison.Add(given, *results, kBatchSize).ok());
    }
    EXPECT_EQ(comparison.FirstFault(), "");
  }
}

}  // namespace
}  // namespace brine::codegen
