// Tests that no pass changes what a graph computes, in double.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/passes/models.h"
#include "tests/passes/pass_test_util.h"

namespace brine::passes {
namespace {

constexpr int64_t kBatch = 4, kRows = 3;

// Leaves out what the pass is meant to remove.
Tensors Kept(Tensors observed, const std::string& pass) {
  for (auto it = observed.begin(); it != observed.end();) {
    const bool goes =
        pass == "specialize" || pass == "add-loss" || (pass == "add-optimizer" && absl::EndsWith(it->first, ".grad"));
    it = goes ? observed.erase(it) : std::next(it);
  }
  return observed;
}

TEST(SemanticsTest, EachPassKeepsWhatItDoesNotRemove) {
  for (const NamedModel& model : AllModels()) {
    for (ir::Function function : {ir::Function::kTrain, ir::Function::kEvaluate, ir::Function::kPredict}) {
      ir::Graph graph = DeriveOrDie(model.graph, function, kBatch);
      Tensors before = Observed(graph, kRows);
      for (const Pass& pass : AllPasses()) {
        RunOne(graph, pass.name);
        if (HasFailure()) return;
        const Tensors after = Observed(graph, kRows);
        ExpectSame(Kept(before, pass.name), after, 1e-12,
                   absl::StrCat(model.name, " ", ir::FunctionName(function), " ", pass.name));
        ASSERT_FALSE(HasFailure()) << ir::Print(graph);
        before = after;
      }
    }
  }
}

// Compares the passes without which there is no training step with all passes.  Each pass alone may be right, while the
// next one expects more of it.
TEST(SemanticsTest, ThePipelineAgreesWithItsNecessaryPassesAlone) {
  for (const NamedModel& model : AllModels()) {
    ir::Graph bare = DeriveOrDie(model.graph, ir::Function::kTrain, kBatch), full = bare, generic = bare;
    PipelineOptions options;
    options.only = {"specialize", "add-loss", "autodiff", "add-optimizer"};
    RunOrDie(bare, options);
    RunOrDie(full);
    options = {};
    options.generic_only = true;
    RunOrDie(generic, options);
    EXPECT_EQ(full.stage, ir::Stage::kPlanned);
    const Tensors expected = Observed(bare, kRows);
    ExpectSame(expected, Observed(full, kRows), 1e-11, model.name);
    ExpectSame(expected, Observed(generic, kRows), 1e-11, model.name + " generic");
    EXPECT_EQ(expected.size(), Observed(full, kRows).size());
    ASSERT_FALSE(HasFailure());
  }
}

// Leaves out each pass without which the others can run.
TEST(SemanticsTest, LeavingOutOnePassChangesNothing) {
  for (const NamedModel& model : SmallModels()) {
    ir::Graph full = DeriveOrDie(model.graph, ir::Function::kTrain, kBatch);
    RunOrDie(full);
    const Tensors expected = Observed(full, kRows);
    for (const char* pass : {"canonicalize", "fold-constants", "simplify", "cse", "dce"}) {
      ir::Graph graph = DeriveOrDie(model.graph, ir::Function::kTrain, kBatch);
      PipelineOptions options;
      options.without = {pass};
      RunOrDie(graph, options);
      ExpectSame(expected, Observed(graph, kRows), 1e-11, absl::StrCat(model.name, " without ", pass));
      ASSERT_FALSE(HasFailure());
    }
  }
}

// loss = −Σ label·ln(probabilities) / rows, computed from the output of the model
TEST(SemanticsTest, LossAndAccuracyAreThoseOfTheOutput) {
  ir::Graph model = SmallModels()[0].graph;
  ir::Graph evaluate = DeriveOrDie(model, ir::Function::kEvaluate, kBatch),
            predict = DeriveOrDie(model, ir::Function::kPredict, kBatch);
  RunOrDie(evaluate);
  RunOrDie(predict);
  const Tensors given = GivenFor(evaluate, kRows);
  const ir::Tensor<double> output = Observed(predict, kRows).at("output output"), label = given.at("label");
  double loss = 0, right = 0;
  for (size_t row = 0; row < kRows; ++row) {
    const auto begin = output.real.begin() + static_cast<int>(row) * 3,
               truth = label.real.begin() + static_cast<int>(row) * 3;
    for (int k = 0; k < 3; ++k) loss -= truth[k] * std::log(begin[k]);
    right += std::max_element(begin, begin + 3) - begin == std::max_element(truth, truth + 3) - truth;
  }
  const Tensors observed = Observed(evaluate, kRows);
  EXPECT_NEAR(observed.at("output loss").real[0], loss / kRows, 1e-12);
  EXPECT_EQ(observed.at("output accuracy").real[0], right / kRows);
}

}  // namespace
}  // namespace brine::passes
