// Whole training steps: every kernel of the tutorial CNN against the interpreter, on the results of the kernels before
// it.
#include <gtest/gtest.h>

#include "codegen/driver/files.h"
#include "ir/draw.h"
#include "ir/text/text.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

constexpr int64_t kRows = 3, kBatchSize = 4;

ir::Graph Planned(const std::string& model) {
  const std::string path = absl::StrCat(BRINE_SOURCE_DIR, "/tests/frontend/golden/", model, ".ir");
  const auto graphs = ir::Parse(ReadFile(path).value(), path);
  EXPECT_TRUE(graphs.ok()) << graphs.status();
  auto graph = passes::Derive(graphs->front(), ir::Function::kTrain, kBatchSize);
  EXPECT_TRUE(graph.ok()) << graph.status();
  const auto changed = passes::RunPipeline(*graph);
  EXPECT_TRUE(changed.ok()) << changed.status();
  return *graph;
}

// Of a model, on a target.
class StepTest : public testing::TestWithParam<std::tuple<const char*, const char*>> {
 protected:
  const ir::Graph graph = Planned(std::get<0>(GetParam()));

  absl::StatusOr<CompiledStep> Build(bool use_placements = false) const {
    BuildOptions options = TestOptions();
    options.target = std::get<1>(GetParam());
    options.use_placements = use_placements;
    return BuildStep(graph, options);
  }
};

TEST_P(StepTest, EveryKernelAgreesWithTheInterpreter) {
  auto step = Build();
  ASSERT_TRUE(step.ok()) << step.status();
  StepComparison comparison(graph);
  for (uint64_t seed : {1, 2}) {
    const ir::Tensors<float> given = ir::DrawGiven<float>(graph, kRows, 10, seed);
    const auto results = step->Run(given, kRows, 2);
    ASSERT_TRUE(results.ok()) << results.status();
    ASSERT_TRUE(comparison.Add(given, *results, kRows).ok());
  }
  EXPECT_EQ(comparison.FirstFault(), "");
}

TEST_P(StepTest, ThePlannedMemoryAndAnyNumberOfThreadsGiveTheSameBits) {
  auto unplanned = Build(), planned = Build(true);
  ASSERT_TRUE(unplanned.ok() && planned.ok()) << planned.status();
  const ir::Tensors<float> given = ir::DrawGiven<float>(graph, kRows, 10, 1);
  const auto expected = unplanned->Run(given, kRows, 1);
  ASSERT_TRUE(expected.ok()) << expected.status();
  for (int threads : {1, 2, 3, 4}) {
    const auto got = planned->Run(given, kRows, threads);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(FirstDifference(*expected, *got), "") << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Models, StepTest,
                         testing::Combine(testing::Values("cifar10_cnn", "cifar10_dropout_augment"),
                                          testing::ValuesIn(Targets())),
                         [](const auto& info) {
                           return absl::StrCat(std::get<0>(info.param), "_", TargetName(std::get<1>(info.param)));
                         });

}  // namespace
}  // namespace brine::codegen
