#include "passes/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "passes/regions.h"
#include "tests/passes/models.h"
#include "tests/passes/pass_test_util.h"

namespace brine::passes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ir::Graph Start(ir::Function function = ir::Function::kTrain) {
  return DeriveOrDie(SmallModels()[1].graph, function, 4);
}

TEST(PipelineTest, EveryRowHasANameOfItsOwnAndAReason) {
  std::set<std::string> names;
  for (const Pass& pass : AllPasses()) {
    EXPECT_TRUE(names.insert(pass.name).second) << pass.name;
    EXPECT_NE(std::string(pass.reason), "") << pass.name;
  }
  names.clear();
  for (const Region& region : AllRegions()) {
    EXPECT_TRUE(names.insert(region.name).second) << region.name;
    EXPECT_NE(std::string(region.reason), "") << region.name;
  }
}

TEST(PipelineTest, StopsAfterAPassAndAtAStage) {
  ir::Graph graph = Start();
  PipelineOptions options;
  options.stop_after = 2;
  RunOrDie(graph, options);
  EXPECT_EQ(graph.outputs[0].name, "loss");
  EXPECT_TRUE(graph.updates.empty());

  options = {};
  options.until = ir::Stage::kTrain;
  RunOrDie(graph, options);
  EXPECT_EQ(graph.stage, ir::Stage::kTrain);
  EXPECT_FALSE(graph.updates.empty());
  EXPECT_TRUE(ir::Verify(graph).ok());

  options.until = ir::Stage::kFused;
  RunOrDie(graph, options);
  EXPECT_EQ(graph.stage, ir::Stage::kFused);

  RunOrDie(graph);  // runs the passes that are left
  EXPECT_EQ(graph.stage, ir::Stage::kPlanned);
  EXPECT_FALSE(RunOrDie(graph)) << "a planned graph is done";
}

TEST(PipelineTest, EveryPassChangesNothingWhenItRunsAgain) {
  for (const NamedModel& model : AllModels()) {
    ir::Graph graph = DeriveOrDie(model.graph, ir::Function::kTrain, 4);
    for (const Pass& pass : AllPasses()) {
      RunOne(graph, pass.name);
      if (pass.leaves != pass.takes) continue;
      EXPECT_FALSE(RunOne(graph, pass.name)) << model.name << " " << pass.name << "\n" << ir::Print(graph);
    }
  }
}

TEST(PipelineTest, CallsAfterEachPassThatChangedTheGraph) {
  ir::Graph graph = Start(ir::Function::kPredict);
  std::vector<std::string> names;
  PipelineOptions options;
  options.after_pass = [&](int number, const std::string& name, const ir::Graph&) {
    names.push_back(std::to_string(number) + " " + name);
    return absl::OkStatus();
  };
  RunOrDie(graph, options);
  EXPECT_THAT(names, ElementsAre("1 specialize", "3 canonicalize", "11 fuse", "12 plan-memory"));
}

TEST(PipelineTest, DumpsAreReadBack) {
  const std::string folder = testing::TempDir() + "/brine_dump";
  std::filesystem::create_directories(folder);
  ir::Graph graph = Start();
  PipelineOptions options;
  options.after_pass = DumpPassesTo(folder);
  RunOrDie(graph, options);
  EXPECT_TRUE(std::filesystem::exists(folder + "/02_add-loss.ir"));
  EXPECT_TRUE(std::filesystem::exists(folder + "/12_plan-memory.ir"));
  options.after_pass = DumpPassesTo(folder + "/missing");
  graph = Start();
  EXPECT_THAT(std::string(RunPipeline(graph, options).status().message()),
              HasSubstr("missing/02_add-loss.ir: cannot be written"));
}

TEST(PipelineTest, RefusesUnknownNamesAndStagesOutOfOrder) {
  ir::Graph graph = Start();
  PipelineOptions options;
  options.only = {"cse", "fuze"};
  EXPECT_THAT(std::string(RunPipeline(graph, options).status().message()),
              HasSubstr("unknown pass \"fuze\"; known are specialize, add-loss"));
  options.only = {"plan-memory"};
  EXPECT_THAT(std::string(RunPipeline(graph, options).status().message()),
              HasSubstr("pass plan-memory takes a graph of stage fused, got one of stage train"));
  RunOrDie(graph);
  options.only = {"cse"};
  EXPECT_THAT(std::string(RunPipeline(graph, options).status().message()),
              HasSubstr("pass cse takes a graph of stage train, got one of stage planned"));
}

// The pass is added in a process of its own, so that the table of this process stays as it is.
void PrintStatusOf(absl::StatusOr<bool> (*run)(ir::Graph& graph, const PipelineOptions& options), ir::Stage leaves) {
  AddPass({"wrong", run, ir::Stage::kTrain, leaves, ""}, "cse");
  ir::Graph graph = Start();
  PipelineOptions options;
  options.only = {"wrong"};
  std::fprintf(stderr, "%s\n", RunPipeline(graph, options).status().ToString().c_str());
  std::exit(0);
}

TEST(PipelineDeathTest, NoticesPassesThatReportWrongChangesOrStages) {
  const auto nothing = [](ir::Graph&, const PipelineOptions&) -> absl::StatusOr<bool> { return false; };
  const auto claims_a_change = [](ir::Graph&, const PipelineOptions&) -> absl::StatusOr<bool> { return true; };
  const auto renames = [](ir::Graph& graph, const PipelineOptions&) -> absl::StatusOr<bool> {
    graph.name = "other";
    return false;
  };
  const auto breaks = [](ir::Graph& graph, const PipelineOptions&) -> absl::StatusOr<bool> {
    graph.outputs[0].value = ir::kNoValue;
    return true;
  };
  const auto expect = [](auto run, ir::Stage leaves, const char* sentence) {
    EXPECT_EXIT(PrintStatusOf(run, leaves), testing::ExitedWithCode(0), sentence);
  };
  expect(nothing, ir::Stage::kFused,
         "after pass wrong: it says that it leaves a graph of stage fused, but left one of stage train");
  expect(claims_a_change, ir::Stage::kTrain, "it says that it changed the graph, but its text is the same");
  expect(renames, ir::Stage::kTrain, "it says that it did not change the graph, but its text differs");
  expect(breaks, ir::Stage::kTrain, "INTERNAL: after pass wrong: ");
}

TEST(DeriveTest, RefusesWhatCannotBeDerived) {
  ir::Graph model = SmallModels()[1].graph;
  const auto error = [&](ir::Function function, int64_t batch_size) {
    return std::string(Derive(model, function, batch_size).status().message());
  };
  EXPECT_THAT(error(ir::Function::kTrain, 0), HasSubstr("the batch size must lie between 1 and 2147483647, got 0"));
  EXPECT_THAT(error(ir::Function::kModel, 1), HasSubstr("must be train, evaluate or predict"));
  EXPECT_THAT(error(ir::Function::kTrain, int64_t{1} << 30), HasSubstr("is too large"));
  model.training = {};
  EXPECT_THAT(error(ir::Function::kTrain, 4), HasSubstr("it has no loss"));
  EXPECT_TRUE(Derive(model, ir::Function::kPredict, 4).ok());
  model = Start();
  EXPECT_THAT(error(ir::Function::kTrain, 4), HasSubstr("expected a graph of stage graph, got train"));
}

}  // namespace
}  // namespace brine::passes
