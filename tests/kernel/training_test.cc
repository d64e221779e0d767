// Compiled networks are trained: their losses are compared with those of other programs, and their bits are the same on
// any number of threads.
#include <gtest/gtest.h>

#include <cmath>

#include "codegen/driver/files.h"
#include "frontend/graph_of.h"
#include "ir/text/text.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "tests/kernel/compare.h"
#include "tests/reference/cifar10_cnn.h"
#include "tests/reference/networks.h"

namespace brine::codegen {
namespace {

using reference::kBatch;
using reference::kSteps;

ir::Graph ModelGraph(const std::string& name) {
  if (name != "cifar10_cnn") return BuildGraph(reference::Network(name)).value();
  const std::string path = BRINE_SOURCE_DIR "/tests/frontend/golden/cifar10_cnn.ir";
  return ir::Parse(ReadFile(path).value(), path).value().front();
}

class Training : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto graph = passes::Derive(ModelGraph(GetParam()), ir::Function::kTrain, kBatch);
    ASSERT_TRUE(graph.ok()) << graph.status();
    graph_ = *graph;
    ASSERT_TRUE(passes::RunPipeline(graph_).ok());
    BuildOptions options = TestOptions();
    options.use_placements = true;
    auto step = BuildStep(graph_, options);
    ASSERT_TRUE(step.ok()) << step.status();
    step_.emplace(*std::move(step));
  }

  // Trains from the reference's weights on its images; step s runs on threads(s) threads.  Returns the losses.
  template <typename Threads>
  std::vector<float> Train(Threads threads) {
    std::vector<float> losses;
    ir::Tensors<float> states = ir::InitialStates<float>(graph_, 0);
    std::string loss;
    for (const ir::Output& output : graph_.outputs) {
      if (output.name == "loss") loss = graph_.value(output.value).name;
    }
    for (int step = 0; step < kSteps; ++step) {
      ir::Tensors<float> given = ir::HostInputs<float>(graph_, 0, step, kBatch);
      reference::FillBatch(step, graph_, given);
      given.insert(states.begin(), states.end());
      const auto results = step_->Run(given, kBatch, threads(step));
      EXPECT_TRUE(results.ok()) << results.status();
      if (!results.ok()) return losses;
      for (auto& [name, tensor] : states) tensor = results->at(name);
      losses.push_back(results->at(loss).real[0]);
    }
    return losses;
  }

  ir::Graph graph_;
  std::optional<CompiledStep> step_;
};

// A row: the losses of a step, in double and as other programs computed them in float32.
std::vector<std::vector<double>> ReferenceLosses(const std::string& name) {
  std::vector<std::vector<double>> losses;
  const bool is_first = name == "cifar10_cnn";
  for (const auto& row : reference::ReadRows(is_first ? "cifar10_cnn_losses.txt" : "networks.txt")) {
    if (!is_first && row[0] != name) continue;
    std::vector<double>& numbers = losses.emplace_back();
    for (size_t column = is_first ? 1 : 2; column < row.size(); ++column) numbers.push_back(std::stod(row[column]));
  }
  return losses;
}

TEST_P(Training, LossesAreWithinTenTimesTheSpreadOfOtherPrograms) {
  const std::vector<float> losses = Train([](int) { return 2; });
  const auto rows = ReferenceLosses(GetParam());
  ASSERT_EQ(losses.size(), rows.size());
  // Batch statistics amplify rounding errors from step to step, so there the spread of earlier steps counts, too.
  const bool amplifies = GetParam() == "resnet20" || GetParam() == "mobilenet";
  double spread = 0;
  for (size_t step = 0; step < rows.size(); ++step) {
    const double exact = rows[step][0];
    // Half a unit in the last place is what a float32 number may be off.
    spread = std::max(amplifies ? spread : 0, std::ldexp(exact, -24));
    for (double other : rows[step]) spread = std::max(spread, std::abs(other - exact));
    EXPECT_NEAR(losses[step], exact, 10 * spread) << "step " << step + 1;
  }
}

TEST_P(Training, GivesTheSameBitsWhateverTheThreadsOfEachStep) {
  EXPECT_EQ(Train([](int) { return 1; }), Train([](int step) { return 1 + (step + 1) % 4; }));
}

INSTANTIATE_TEST_SUITE_P(Networks, Training, testing::Values("cifar10_cnn", "resnet20", "mobilenet", "autoencoder"),
                         [](const auto& row) { return row.param; });

}  // namespace
}  // namespace brine::codegen
