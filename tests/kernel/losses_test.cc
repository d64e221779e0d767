// Tests the compiled training step of each loss, with each metric, against the interpreter, and that a row of weight 0
// leaves no trace in compiled gradients either.
#include "ir/losses.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "ir/draw.h"
#include "ir/metrics.h"
#include "ir/text/text.h"
#include "passes/pipeline.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

constexpr int64_t kClasses = 3, kRows = 5;

// The op that makes an output which the loss accepts.
std::string ActivationFor(const ir::Loss& loss) {
  if (loss.activation != nullptr) return loss.activation->name;
  return loss.name == "kl_divergence" ? "softmax" : loss.name == "poisson" ? "exp" : "neg";
}

// `"name" {…}`, with the arguments that have a default.
template <typename Row>
std::string UseOf(const Row& row) {
  ir::Attributes arguments;
  std::string text = absl::StrCat("\"", row.name, "\" {");
  for (const ir::Argument& argument : row.arguments) {
    if (argument.optional) continue;
    const ir::AttributeKind kind = std::holds_alternative<bool>(argument.default_value) ? ir::AttributeKind::kBool
                                   : std::holds_alternative<int64_t>(argument.default_value)
                                       ? ir::AttributeKind::kInt
                                       : ir::AttributeKind::kFloat;
    absl::StrAppend(&text, text.back() == '{' ? "" : ", ", argument.name, "=",
                    ir::ToString(kind, argument.default_value));
  }
  return text + "}";
}

// The planned training step of a dense layer with this loss and this metric.
ir::Graph StepOf(const ir::Loss& loss, const std::string& metric, const std::string& activation) {
  const auto graphs = ir::Parse(absl::StrCat(R"(graph "m" stage=train function=train batch=8 {
  compile optimizer="sgd" {learning_rate=0.1, momentum=0.0, nesterov=false}
  loss "output" = )",
                                             UseOf(loss), " metrics=[", metric, R"(]
  input %x : f32[n,7] data
  state %w : f32[7,3] parameter uniform(0.5)
  %z = matmul(%x, %w) : f32[n,3]
  %y = )",
                                             activation, R"((%z) : f32[n,3]
  output "output" = %y
})"),
                                "loss.ir");
  EXPECT_TRUE(graphs.ok()) << graphs.status();
  ir::Graph graph = graphs.ok() ? graphs->front() : ir::Graph();
  const auto changed = passes::RunPipeline(graph);
  EXPECT_TRUE(changed.ok()) << changed.status();
  return graph;
}

void Compare(const ir::Graph& graph) {
  auto step = BuildStep(graph, TestOptions());
  ASSERT_TRUE(step.ok()) << step.status();
  StepComparison comparison(graph);
  for (uint64_t seed = 1; seed <= 16; ++seed) {
    const ir::Tensors<float> given = ir::DrawGiven<float>(graph, kRows, kClasses, seed);
    const auto results = step->Run(given, kRows, 2);
    ASSERT_TRUE(results.ok()) << results.status();
    ASSERT_TRUE(comparison.Add(given, *results, kRows).ok());
  }
  EXPECT_EQ(comparison.FirstFault(), "");
}

TEST(Losses, StepsAreThoseOfTheInterpreter) {
  for (const ir::Loss& loss : ir::AllLosses()) {
    SCOPED_TRACE(loss.name);
    Compare(StepOf(loss, "", ActivationFor(loss)));
  }
}

TEST(Metrics, StepsAreThoseOfTheInterpreter) {
  const char* const kLosses[] = {"categorical_crossentropy", "sparse_categorical_crossentropy", "mean_squared_error"};
  for (const ir::Metric& metric : ir::AllMetrics()) {
    if (metric.activation != nullptr) continue;  // the loss of this name is tested
    for (const char* name : kLosses) {
      const ir::Loss& loss = *ir::FindLoss(name);
      if (!ir::MetricFault(metric, loss).empty()) continue;
      SCOPED_TRACE(absl::StrCat(metric.name, " of ", name));
      Compare(StepOf(loss, UseOf(metric), ActivationFor(loss)));
      break;
    }
  }
}

TEST(Losses, ARowOfWeightZeroLeavesNoTraceInCompiledGradients) {
  for (const char* name : {"sparse_categorical_crossentropy", "binary_crossentropy", "mean_squared_error"}) {
    const ir::Loss& loss = *ir::FindLoss(name);
    const ir::Graph graph = StepOf(loss, "", ActivationFor(loss));
    auto step = BuildStep(graph, TestOptions());
    ASSERT_TRUE(step.ok()) << step.status();
    ir::Tensors<float> given = ir::DrawGiven<float>(graph, kRows, kClasses, 1);
    given.at("sample_weight").real[2] = 0;
    const auto before = step->Run(given, kRows, 1);
    for (size_t column = 0; column < 7; ++column) given.at("x").real[2 * 7 + column] = column % 2 == 0 ? 30.0f : -20.0f;
    const auto after = step->Run(given, kRows, 2);
    ASSERT_TRUE(before.ok() && after.ok());
    EXPECT_EQ(before->at("w").real, after->at("w").real) << name;
    EXPECT_NE(before->at("w").real, given.at("w").real) << name;
  }
}

}  // namespace
}  // namespace brine::codegen
