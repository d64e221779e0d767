// A statistic that a model updates itself, computed by kernels, against its formula in double, written again here.
#include <gtest/gtest.h>

#include <cmath>

#include "ir/draw.h"
#include "ir/text/text.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

constexpr int64_t kBatch = 8;
constexpr size_t kWidth = 5;

// mean' = 0.9·mean + 0.1·Σ x / rows, last' = mean, before' = last
constexpr absl::string_view kModel = R"(graph "m" stage=graph function=model {
  compile optimizer="sgd" {learning_rate=0.1, momentum=0.9, nesterov=false}
  loss "output" = "categorical_crossentropy" {from_logits=true} metrics=[]
  input %x : f32[n,5] data
  input %rows : f32[] rows
  state %mean : f32[5] statistic constant(0.25)
  state %last : f32[5] statistic constant(0.0)
  state %before : f32[5] statistic constant(0.0)
  state %first : f32[5,5] frozen uniform(0.5)
  state %kernel : f32[5,3] parameter uniform(0.5)
  %most = constant() {dtype="f32", shape=[], values=[0.9]} : f32[]
  %rest = constant() {dtype="f32", shape=[], values=[0.1]} : f32[]
  %sum = reduce_sum(%x) {axes=[0]} : f32[5]
  %batch = div(%sum, %rows) : f32[5]
  %kept = mul(%mean, %most) : f32[5]
  %new = mul(%batch, %rest) : f32[5]
  %next = add(%kept, %new) : f32[5]
  update %mean = %next
  update %last = %mean
  update %before = %last
  %by_mean = sub(%x, %mean) : f32[n,5]
  %y = in_train_phase(%x, %by_mean) : f32[n,5]
  %h = matmul(%y, %first) : f32[n,5]
  %logits = matmul(%h, %kernel) : f32[n,3]
  output "output" = %logits
})";

ir::Graph Planned(ir::Function function) {
  auto graph = passes::Derive(ir::Parse(kModel, "model")->front(), function, kBatch);
  EXPECT_TRUE(graph.ok()) << graph.status();
  const auto changed = passes::RunPipeline(*graph);
  EXPECT_TRUE(changed.ok()) << changed.status();
  return *graph;
}

TEST(Statistic, FollowsItsFormula) {
  const ir::Graph graph = Planned(ir::Function::kTrain);
  BuildOptions options = TestOptions();
  options.use_placements = true;
  auto step = BuildStep(graph, options);
  ASSERT_TRUE(step.ok()) << step.status();
  ir::Tensors<float> states = ir::InitialStates<float>(graph, 1);
  const ir::Tensors<float> initial = states;
  std::vector<std::vector<double>> means = {std::vector<double>(kWidth), std::vector<double>(kWidth),
                                            std::vector<double>(kWidth, 0.25)};  // the last three
  for (uint64_t round = 0; round < 20; ++round) {
    const int64_t rows = 1 + static_cast<int64_t>(round) % kBatch;
    ir::Tensors<float> given = ir::DrawGiven<float>(graph, rows, 3, round);
    for (const auto& [name, tensor] : states) given[name] = tensor;
    const auto results = step->Run(given, rows, 2);
    ASSERT_TRUE(results.ok()) << results.status();
    for (auto& [name, tensor] : states) tensor = results->at(name);

    std::vector<double> next(kWidth);
    for (size_t k = 0; k < kWidth; ++k) {
      double sum = 0;
      for (size_t row = 0; row < static_cast<size_t>(rows); ++row) sum += double{given.at("x").real[row * kWidth + k]};
      next[k] = 0.9 * means[2][k] + 0.1 * sum / static_cast<double>(rows);
    }
    means = {means[1], means[2], next};
    for (size_t k = 0; k < kWidth; ++k) {
      EXPECT_NEAR(states.at("before").real[k], means[0][k], 1e-6);
      EXPECT_NEAR(states.at("last").real[k], means[1][k], 1e-6);
      EXPECT_NEAR(states.at("mean").real[k], means[2][k], 1e-6);
    }
  }
  EXPECT_EQ(states.at("first").real, initial.at("first").real);
  EXPECT_NE(states.at("kernel").real, initial.at("kernel").real);
}

TEST(Statistic, IsReadAndKeptByEvaluation) {
  const ir::Graph graph = Planned(ir::Function::kPredict);
  EXPECT_TRUE(graph.updates.empty());
  auto step = BuildStep(graph, TestOptions());
  ASSERT_TRUE(step.ok()) << step.status();
  StepComparison comparison(graph);
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const ir::Tensors<float> given = ir::DrawGiven<float>(graph, 3, 3, seed);
    const auto results = step->Run(given, 3);
    ASSERT_TRUE(results.ok()) << results.status();
    for (const char* state : {"mean", "last", "before"}) EXPECT_EQ(results->at(state).real, given.at(state).real);
    ASSERT_TRUE(comparison.Add(given, *results, 3).ok());
  }
  EXPECT_EQ(comparison.FirstFault(), "");
}

}  // namespace
}  // namespace brine::codegen
