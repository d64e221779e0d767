// The compiled tutorial CNN is trained: its losses are compared with those of other programs, and its bits are the same
// on any number of threads.
#include <gtest/gtest.h>

#include <cmath>

#include "codegen/driver/files.h"
#include "ir/text/text.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "tests/kernel/compare.h"
#include "tests/reference/cifar10_cnn.h"

namespace brine::codegen {
namespace {

using reference::kBatch;
using reference::kSteps;

class Training : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = BRINE_SOURCE_DIR "/tests/frontend/golden/cifar10_cnn.ir";
    const auto graphs = ir::Parse(ReadFile(path).value(), path);
    ASSERT_TRUE(graphs.ok()) << graphs.status();
    auto graph = passes::Derive(graphs->front(), ir::Function::kTrain, kBatch);
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

TEST_F(Training, LossesAreWithinTenTimesTheSpreadOfOtherPrograms) {
  const std::vector<float> losses = Train([](int) { return 2; });
  const auto rows = reference::ReadRows("cifar10_cnn_losses.txt");
  ASSERT_EQ(losses.size(), rows.size());
  for (size_t step = 0; step < rows.size(); ++step) {
    const double exact = std::stod(rows[step][1]);
    double spread = std::ldexp(exact, -24);  // half a unit in the last place: what a float32 number may be off
    for (size_t column = 2; column < rows[step].size(); ++column)
      spread = std::max(spread, std::abs(std::stod(rows[step][column]) - exact));
    EXPECT_NEAR(losses[step], exact, 10 * spread) << "step " << step + 1;
  }
}

TEST_F(Training, GivesTheSameBitsWhateverTheThreadsOfEachStep) {
  EXPECT_EQ(Train([](int) { return 1; }), Train([](int step) { return 1 + (step + 1) % 4; }));
}

}  // namespace
}  // namespace brine::codegen
