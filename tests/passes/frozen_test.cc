// Tests that frozen layers make a training step smaller.
#include <brine.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "frontend/graph_of.h"
#include "passes/plan_memory.h"
#include "tests/passes/pass_test_util.h"

namespace brine::passes {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

struct StepFacts {
  std::map<std::string, int> contractions;  // by op: how many there are
  int64_t kernels = 0, arena_bytes = 0;
  size_t updates = 0;
};

// A training step of three normalized convolutions and a dense layer, of which the first `frozen` convolutions with
// their normalizations are not trained.
StepFacts FactsOf(int frozen, bool by_call = false) {
  Sequential net("net", Input({12, 12, 3}));
  for (int layer = 0; layer < 3; ++layer) {
    const bool trainable = by_call || layer >= frozen;
    net.Add(Conv2D({.filters = 8, .kernel_size = 3, .use_bias = false, .trainable = trainable}));
    net.Add(BatchNormalization({.trainable = trainable}));
    net.Add(ReLU());
    if (by_call && layer + 1 == frozen) net.Freeze();
  }
  net.Add(Flatten());
  net.Add(Dense({.units = 4}));
  net.Compile({.optimizer = SGD(), .loss = CategoricalCrossentropy({.from_logits = true})});
  ir::Graph graph = DeriveOrDie(BuildGraph(net).value(), ir::Function::kTrain, 4);
  RunOrDie(graph);
  StepFacts facts;
  for (const ir::Node& kernel : graph.nodes) {
    facts.kernels += kernel.is_kernel();
    for (const ir::Node& node : kernel.body) {
      if (node.op->kind == ir::OpKind::kContraction) ++facts.contractions[node.op->name];
    }
  }
  facts.arena_bytes = ReportMemory(graph).arena_bytes();
  facts.updates = graph.updates.size();
  return facts;
}

TEST(Frozen, LayersBelowTheFirstTrainedOneHaveNoGradients) {
  const StepFacts all = FactsOf(0), last = FactsOf(2), none = FactsOf(3);
  EXPECT_THAT(all.contractions, UnorderedElementsAre(Pair("conv2d", 3), Pair("conv2d_weight_grad", 3),
                                                     Pair("conv2d_input_grad", 2), Pair("matmul", 3)));
  EXPECT_THAT(last.contractions,
              UnorderedElementsAre(Pair("conv2d", 3), Pair("conv2d_weight_grad", 1), Pair("matmul", 3)));
  EXPECT_THAT(none.contractions, UnorderedElementsAre(Pair("conv2d", 3), Pair("matmul", 2)));
  // Kernel, gamma, beta and two statistics of each trained layer, kernel and bias of the dense one.
  EXPECT_EQ(all.updates, 17u);
  EXPECT_EQ(last.updates, 7u);
  EXPECT_EQ(none.updates, 2u);
}

TEST(Frozen, KernelsAndArenaShrink) {
  const StepFacts all = FactsOf(0), first = FactsOf(1), last = FactsOf(2), none = FactsOf(3);
  EXPECT_LT(first.kernels, all.kernels);
  EXPECT_LT(last.kernels, first.kernels);
  EXPECT_LT(none.kernels, last.kernels);
  EXPECT_LT(first.arena_bytes, all.arena_bytes);
  EXPECT_LE(last.arena_bytes, first.arena_bytes);
  EXPECT_LT(none.arena_bytes, all.arena_bytes);
}

TEST(Frozen, ACallSavesWhatTheArgumentsSave) {
  for (int frozen = 1; frozen <= 3; ++frozen) {
    const StepFacts by_arguments = FactsOf(frozen), by_call = FactsOf(frozen, /*by_call=*/true);
    EXPECT_EQ(by_call.contractions, by_arguments.contractions);
    EXPECT_EQ(by_call.kernels, by_arguments.kernels);
    EXPECT_EQ(by_call.arena_bytes, by_arguments.arena_bytes);
    EXPECT_EQ(by_call.updates, by_arguments.updates);
  }
}

// What is frozen above a trained layer passes its gradient on.
TEST(Frozen, LayersAboveATrainedOnePassGradientsOn) {
  Sequential net("net", Input({8}));
  net.Add(Dense({.units = 6}));
  net.Add(Dense({.units = 5, .trainable = false}));
  net.Add(Dense({.units = 4}));
  net.Compile({.optimizer = SGD(), .loss = CategoricalCrossentropy({.from_logits = true})});
  ir::Graph graph = DeriveOrDie(BuildGraph(net).value(), ir::Function::kTrain, 4);
  RunOrDie(graph);
  int products = 0;
  for (const ir::Node& kernel : graph.nodes) {
    for (const ir::Node& node : kernel.body) products += node.op->kind == ir::OpKind::kContraction;
  }
  EXPECT_EQ(products, 3 + 2 + 2);  // forward; to the inputs of two layers; to the kernels of two
}

}  // namespace
}  // namespace brine::passes
