// Batch normalization from the call to the compiled step.  No pass, no kernel and no other layer knows of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "ir/draw.h"
#include "passes/check_gradients.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

constexpr int64_t kBatchSize = 6;

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
  // Of dy: Σ dy for beta and for the mean; Σ dy·(x − mean) for the scale.
  EXPECT_THAT(kernels, testing::Contains("conv2d_input_grad relu_grad reduce_sum sub mul reduce_sum"));
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
