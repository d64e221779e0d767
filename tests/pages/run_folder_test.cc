// Tests what is read from the folder of a run, and what is said of damaged ones.
#include "frontend/cli/html/run_folder.h"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>

#include "tests/pages/fake_run.h"

namespace brine {
namespace {

using cli::ReadRun;

cli::Run ReadOk(const std::string& folder) {
  absl::StatusOr<cli::Run> run = ReadRun(folder);
  EXPECT_TRUE(run.ok()) << run.status();
  return run.ok() ? *std::move(run) : cli::Run();
}

TEST(RunFolder, HoldsWhatWasWritten) {
  const cli::Run run = ReadOk(WriteFakeRun("whole", {}));
  EXPECT_EQ(run.name, "whole");
  EXPECT_EQ(run.config.train_samples(), 40000);
  ASSERT_EQ(run.epochs.size(), 10u);
  EXPECT_EQ(run.epochs[3].epoch, 4);
  EXPECT_EQ(run.epochs[3].step, 5000);
  EXPECT_NEAR(run.epochs[3].Find("loss"), 0.45 + 1.75 * std::exp(-1.4), 1e-5);
  EXPECT_TRUE(std::isnan(run.epochs[3].Find("precision")));
  EXPECT_NEAR(run.epochs[0].weight_norm.at("dense/bias"), 6.6, 1e-5);
  EXPECT_EQ(run.steps.rows.size(), 500u);
  EXPECT_EQ(run.steps.Column("learning_rate"), 4);
  EXPECT_EQ(run.monitor(), "val_loss");
  EXPECT_EQ(run.BestEpoch(), 6u);
  EXPECT_EQ(run.evaluation.outputs[0].confusion.size(), 100u);
  ASSERT_EQ(run.evaluation.outputs[0].worst.size(), 24u);
  EXPECT_EQ(run.evaluation.outputs[0].worst[1].label, 1);
  EXPECT_EQ(run.evaluation.outputs[0].worst[1].picture->width, 32);
  ASSERT_EQ(run.kernels.size(), 9u);
  EXPECT_EQ(run.kernels[1].layers, (std::vector<std::string>{"conv2d", "max_pooling2d"}));
  EXPECT_EQ(run.blocks[0].first, "arena");
  ASSERT_TRUE(run.filters.has_value());
  EXPECT_EQ(run.filters->kernel, "conv2d/kernel");
  EXPECT_EQ(run.filters->count, 32);
}

TEST(RunFolder, TheWorkingFolderHasAName) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(WriteFakeRun("here", {}));
  for (const char* folder : {".", "./", "", "../here"}) EXPECT_EQ(ReadOk(folder).name, "here") << folder;
  std::filesystem::current_path(before);
}

TEST(RunFolder, ALineThatIsBeingWrittenIsNotRead) {
  const std::string folder = WriteFakeRun("going_on", {.epochs = 3});
  const std::string log = folder + "/log.jsonl", steps = folder + "/steps.csv";
  WriteText(log, "{\"epoch\":1,\"loss\":2}\n{\"epoch\":2,\"lo");
  WriteText(steps, "step,epoch,loss,learning_rate\n10,1,2.5,0.1\n20,1,2.");
  const cli::Run run = ReadOk(folder);
  EXPECT_EQ(run.epochs.size(), 1u);
  EXPECT_EQ(run.steps.rows.size(), 1u);
  WriteText(log, "{\"epoch\":1");
  EXPECT_EQ(ReadOk(folder).epochs.size(), 0u);
}

TEST(RunFolder, OnlyTheConfigurationMustExist) {
  const std::string folder = WriteFakeRun("bare", {});
  for (const char* name : {"log.jsonl", "steps.csv", "evaluation.json", "kernels.json", "summary.txt", "model.ir.gz"})
    std::filesystem::remove(folder + "/" + name);
  std::filesystem::remove_all(folder + "/checkpoints");
  const cli::Run run = ReadOk(folder);
  EXPECT_TRUE(run.epochs.empty() && run.kernels.empty() && !run.filters && !run.BestEpoch());
}

TEST(RunFolder, NumbersThatJsonCannotExpressAreGaps) {
  const std::string folder = WriteFakeRun("diverged", {});
  WriteText(folder + "/log.jsonl",
            "{\"epoch\":1,\"loss\":2,\"val_loss\":3}\n{\"epoch\":2,\"loss\":null,\"val_loss\":null}\n");
  const cli::Run run = ReadOk(folder);
  EXPECT_TRUE(std::isnan(run.epochs[1].Find("loss")));
  EXPECT_EQ(run.BestEpoch(), 0u);
}

TEST(RunFolder, TheBestEpochFollowsTheMonitor) {
  const std::string folder = WriteFakeRun("monitor", {});
  WriteText(folder + "/log.jsonl",
            "{\"epoch\":1,\"loss\":3,\"accuracy\":0.5}\n{\"epoch\":2,\"loss\":1,\"accuracy\":0.4}\n"
            "{\"epoch\":3,\"loss\":2,\"accuracy\":0.6}\n");
  const std::string results =
      "result { name: \"loss\" better: \"min\" } result { name: \"accuracy\" better: \"max\" } ";
  struct Row {
    const char *monitor, *used;
    size_t best;
  };
  for (const Row& row : {Row{"accuracy", "accuracy", 2}, {"loss", "loss", 1}, {"val_loss", "loss", 1}}) {
    WriteText(folder + "/config.pbtxt", results + "monitor: \"" + row.monitor + "\"");
    const cli::Run run = ReadOk(folder);
    EXPECT_EQ(run.monitor(), row.used);
    EXPECT_EQ(run.BestEpoch(), row.best) << row.monitor;
  }
}

TEST(RunFolder, AMistakeIsOneSentenceWithItsPlace) {
  struct Row {
    const char *file, *content, *message;
  };
  const Row rows[] = {
      {"config.pbtxt", "model: \"m\"\nepochs: many\n", "config.pbtxt:2:9: Expected integer, got: many"},
      {"config.pbtxt", "modle: \"m\"\n",
       "config.pbtxt:1:6: Message type \"brine.run.Config\" has no field named \"modle\"."},
      {"log.jsonl", "{\"epoch\":1}\n{\"epoch\":2\n", "log.jsonl:2: not a JSON object"},
      {"log.jsonl", "[1]\n", "log.jsonl:1: not a JSON object"},
      {"log.jsonl", "{\"loss\":1}\n", "log.jsonl:1: has no number of an epoch"},
      {"steps.csv", "step,epoch\n1\n", "steps.csv:2: has 1 cells, the header has 2"},
      {"evaluation.json", "{", "evaluation.json: not a JSON object"},
      {"kernels.json", "\"\"", "kernels.json: not a JSON object"},
  };
  for (const Row& row : rows) {
    const std::string folder = WriteFakeRun("damaged", {.epochs = 1});
    WriteText(folder + "/" + row.file, row.content);
    const absl::Status status = ReadRun(folder).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << row.content;
    EXPECT_EQ(status.message(), folder + "/" + row.message);
  }
  EXPECT_EQ(ReadRun("/no/such").status().message(), "/no/such: is no run, as it has no config.pbtxt");
}

TEST(RunFolder, WhatContradictsItselfIsLeftOut) {
  const std::string folder = WriteFakeRun("contradictions", {});
  WriteText(
      folder + "/evaluation.json",
      R"({"epoch":1,"outputs":[{"name":"o","classes":["a"],"confusion":[[1,2],[3]],"worst":[)"
      R"({"sample":-1,"label":0,"top":[{"class":-4,"probability":1},{"class":1e30}],)"
      R"("image":{"height":2147483647,"width":2147483647,"channels":3,"pixels":"AAAA"}},)"
      R"({"sample":2,"label":[1.5,2],"value":[3,null],"image":{"height":1,"width":1,"channels":3,"pixels":"*"}}]}]})");
  const cli::Run run = ReadOk(folder);
  const cli::OutputEvaluation& output = run.evaluation.outputs.at(0);
  EXPECT_TRUE(output.confusion.empty());
  EXPECT_FALSE(output.worst[0].picture || output.worst[1].picture);
  EXPECT_TRUE(output.worst[0].top.empty());
  EXPECT_EQ(output.worst[1].wanted, (std::vector<double>{1.5, 2}));
  EXPECT_EQ(output.worst[1].predicted.size(), 2u);
}

}  // namespace
}  // namespace brine
