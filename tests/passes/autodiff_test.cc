// Compares the gradients of whole models with central differences of their loss, in double.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/passes/models.h"
#include "tests/passes/pass_test_util.h"

namespace brine::passes {
namespace {

constexpr int64_t kRows = 3;
constexpr double kStep = 1e-5;
constexpr size_t kProbes = 5;  // the number of elements of each parameter that are compared

double LossAt(const ir::Graph& graph, const Tensors& given) {
  const ir::Output& loss = graph.outputs[0];
  return InterpretOrDie(graph, given, kRows).at(graph.value(loss.value).name).real[0];
}

void ExpectGradients(const NamedModel& model) {
  ir::Graph loss = DeriveOrDie(model.graph, ir::Function::kTrain, kRows);
  PipelineOptions options;
  options.only = {"add-loss"};
  RunOrDie(loss, options);
  ir::Graph graph = loss;
  options.only = {"canonicalize", "autodiff", "fold-constants", "simplify", "cse", "dce"};
  RunOrDie(graph, options);
  const Tensors given = GivenFor(loss, kRows), results = InterpretOrDie(graph, given, kRows);
  for (const ir::Output& output : graph.outputs) {
    if (output.name == "loss" || output.name == "accuracy") continue;
    const std::string parameter = output.name.substr(0, output.name.size() - 5);
    const std::vector<double>& gradient = results.at(graph.value(output.value).name).real;
    double scale = 1e-3;
    for (double element : gradient) scale = std::max(scale, std::abs(element));
    for (size_t probe = 0; probe < std::min(kProbes, gradient.size()); ++probe) {
      const size_t element = probe * 7919 % gradient.size();
      Tensors moved = given;
      double& value = moved.at(parameter).real[element];
      const double centre = value;
      value = centre + kStep;
      const double above = LossAt(loss, moved);
      value = centre - kStep;
      const double below = LossAt(loss, moved);
      EXPECT_NEAR(gradient[element], (above - below) / (2 * kStep), 1e-7 * scale)
          << model.name << " " << parameter << "[" << element << "]";
    }
  }
}

TEST(AutodiffTest, GradientsOfSmallModelsAgreeWithDifferences) {
  for (const NamedModel& model : SmallModels()) ExpectGradients(model);
}

TEST(AutodiffTest, GradientsOfRandomModelsAgreeWithDifferences) {
  for (uint32_t seed = 1; seed <= 25; ++seed) ExpectGradients({absl::StrCat("random ", seed), RandomModel(seed)});
}

}  // namespace
}  // namespace brine::passes
