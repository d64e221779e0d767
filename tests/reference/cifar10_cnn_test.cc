// Builds, differentiates and trains the tutorial CNN in the double interpreter, and compares the results with numbers
// on which four other programs agree (tests/reference/make_reference.py).
#include "tests/reference/cifar10_cnn.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "frontend/graph_of.h"
#include "ir/interpret.h"
#include "passes/add_loss.h"
#include "passes/add_optimizer.h"
#include "passes/autodiff.h"
#include "passes/derive.h"
#include "tests/frontend/examples.h"

namespace brine {
namespace {

using reference::kBatch;
using reference::kSteps;
using reference::ReadRows;

struct Checked {
  double sum = 0, abs_sum = 0;
};
Checked SumsOf(const std::vector<double>& data) {
  Checked sums;
  for (double value : data) {
    sums.sum += value;
    sums.abs_sum += std::fabs(value);
  }
  return sums;
}

// Compares the rows "gradient" or "weight" of the file with the tensors named <parameter><suffix>.
void ExpectTensors(const std::string& what, const ir::Tensors<double>& tensors, const std::string& suffix,
                   double tolerance) {
  int rows = 0;
  for (const std::vector<std::string>& row : ReadRows("cifar10_cnn_gradients.txt")) {
    if (row[0] != what) continue;
    ++rows;
    const auto it = tensors.find(row[1] + suffix);
    ASSERT_NE(it, tensors.end()) << row[1];
    const Checked sums = SumsOf(it->second.real);
    const double abs_sum = std::stod(row[3]);
    EXPECT_NEAR(sums.sum, std::stod(row[2]), tolerance * abs_sum) << row[1];
    EXPECT_NEAR(sums.abs_sum, abs_sum, tolerance * abs_sum) << row[1];
    for (size_t word = 5; word + 1 < row.size(); word += 2) {
      const double expected = std::stod(row[word + 1]);
      EXPECT_NEAR(it->second.real[std::stoul(row[word])], expected, tolerance * std::fabs(expected))
          << row[1] << " at " << row[word];
    }
  }
  EXPECT_EQ(rows, 8);
}

TEST(Cifar10Cnn, TrainsInTheInterpreterAsInFourOtherPrograms) {
  absl::StatusOr<ir::Graph> model = BuildGraph(ExampleModel("cifar10_cnn"));
  ASSERT_TRUE(model.ok()) << model.status();
  absl::StatusOr<ir::Graph> graph = passes::Derive(*model, ir::Function::kTrain, kBatch);
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_TRUE(passes::AddLoss(*graph).ok());
  ASSERT_TRUE(passes::Autodiff(*graph).ok());
  ASSERT_TRUE(passes::AddOptimizer(*graph).ok());

  ir::Tensors<double> states = ir::InitialStates<double>(*graph, 0);
  const std::vector<std::vector<std::string>> losses = ReadRows("cifar10_cnn_losses.txt");
  ASSERT_EQ(losses.size(), size_t{kSteps});
  for (int step = 0; step < kSteps; ++step) {
    ir::Tensors<double> given = ir::HostInputs<double>(*graph, 0, step, kBatch);
    reference::FillBatch(step, *graph, given);
    given.insert(states.begin(), states.end());
    const absl::StatusOr<ir::Tensors<double>> results = ir::Interpret(*graph, given, kBatch);
    ASSERT_TRUE(results.ok()) << results.status();
    double loss = std::nan("");
    for (const ir::Output& output : graph->outputs) {
      if (output.name == "loss") loss = results->at(graph->value(output.value).name).real[0];
    }
    // The reference multiplies pixels by float(1)/float(255), this model by the decimal 0.003921569.  The two differ by
    // 1e-8.
    EXPECT_NEAR(loss, std::stod(losses[static_cast<size_t>(step)][1]), 1e-7) << "step " << step + 1;
    if (step == 0) ExpectTensors("gradient", *results, ".grad", 1e-6);
    ir::ApplyUpdates(*graph, *results, states);
  }
  ExpectTensors("weight", states, "", 1e-5);
}

}  // namespace
}  // namespace brine
