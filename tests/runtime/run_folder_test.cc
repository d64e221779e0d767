#include "runtime/trainer/run_folder.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <clocale>
#include <cmath>
#include <csignal>
#include <cstring>

#include "frontend/cli/run.pb.h"
#include "runtime/core/layout.h"
#include "runtime/trainer/callbacks.h"
#include "runtime/trainer/norms.h"
#include "tests/e2e/json.h"
#include "tests/runtime/message.h"
#include "tests/runtime/read_events.h"
#include "tests/runtime/run_folder_fixture.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

std::vector<std::vector<std::string>> ReadCsv(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

TEST_F(RunFolderTest, TheLogHasTheResultsAndNormsOfEachEpoch) {
  Trainer trainer(kSoftmaxProgram);
  std::vector<double> norms;  // of the kernel's elements after each epoch, by a sum in another order
  Callback watch;
  watch.on_epoch_end = [&](Trainer& t, const EpochResult&) {
    const auto* const kernel = reinterpret_cast<const float*>(brine_variable_data(t.state(), 0));
    double sum = 0;
    for (int element = kClasses * kPixels; element-- > 0;) sum += std::pow(double{kernel[element]}, 2);
    norms.push_back(std::sqrt(sum));
  };
  const History history = trainer.Fit(data_, Options({Run(), watch}, 3));
  const std::vector<Json> lines = ParseJsonLines(folder_.Read("run/log.jsonl"));
  ASSERT_EQ(lines.size(), 3u);
  for (size_t epoch = 0; epoch < lines.size(); ++epoch) {
    const Json& line = lines[epoch];
    EXPECT_THAT(FieldNames(line),
                ElementsAre("accuracy", "epoch", "gradient_norm", "learning_rate", "loss", "samples_per_second",
                            "seconds", "step", "val_accuracy", "val_loss", "weight_norm"));
    EXPECT_EQ(Number(line, "epoch"), static_cast<double>(epoch + 1));
    EXPECT_EQ(Number(line, "step"), static_cast<double>(7 * (epoch + 1)));
    for (const char* name : {"loss", "accuracy", "val_loss", "val_accuracy"})
      EXPECT_NEAR(Number(line, name), history.epochs[epoch][name], 1e-7) << name;
    EXPECT_EQ(Number(line, "learning_rate"), 0.01);
    EXPECT_GT(Number(line, "samples_per_second"), 0);
    EXPECT_NEAR(Number(line, "seconds"), history.epochs[epoch].seconds, 1e-8);
    EXPECT_NEAR(Number(Field(line, "weight_norm"), "dense/kernel"), norms[epoch], 1e-8 * norms[epoch]);
    EXPECT_THAT(FieldNames(Field(line, "gradient_norm")), ElementsAre("dense/bias", "dense/kernel"));
  }
  // What the last step computed is still in the block of gradients.
  EXPECT_NEAR(Number(Field(lines[2], "gradient_norm"), "dense/bias"), Norms(trainer, BRINE_GRADIENTS)[1].second, 1e-8);
  EXPECT_EQ(folder_.Read("run/summary.txt"), kSoftmaxProgram.summary);
  EXPECT_THAT(folder_.Read("run/metrics.csv"), ::testing::StartsWith("epoch,accuracy,loss,val_accuracy,val_loss\n0,"));
}

// Of few steps each has a row, whose values are those of the step.
TEST_F(RunFolderTest, RowsOfStepsAreMeansOverTheStepsSinceTheRowBefore) {
  Trainer trainer(kSoftmaxProgram);
  std::vector<double> losses;
  Callback watch;
  watch.on_batch_end = [&](Trainer& t, const EpochResult&) {
    losses.push_back(double{*brine_output_data(t.state(), brine_find_function(&t.program(), "train"), "loss")});
  };
  trainer.Fit(data_, Options({Run(), watch}, 2));
  const auto rows = ReadCsv(folder_.Read("run/steps.csv"));
  EXPECT_THAT(rows[0], ElementsAre("step", "epoch", "loss", "accuracy", "learning_rate"));
  ASSERT_EQ(rows.size(), 15u);
  for (size_t step = 1; step <= 14; ++step) {
    EXPECT_EQ(rows[step][0], std::to_string(step));
    EXPECT_EQ(rows[step][1], step <= 7 ? "1" : "2");
    EXPECT_NEAR(std::stod(rows[step][2]), losses[step - 1], 1e-7);
    EXPECT_EQ(rows[step][4], "0.01");
  }
}

// 250 batches of two are 84 rows; the last one has fewer steps than the others.
TEST_F(RunFolderTest, AnEpochHasAtMostAHundredRows) {
  const Images many(499);
  Trainer trainer(kSoftmaxProgram);
  std::vector<double> losses;
  Callback watch;
  watch.on_batch_end = [&](Trainer& t, const EpochResult&) {
    losses.push_back(double{*brine_output_data(t.state(), brine_find_function(&t.program(), "train"), "loss")});
  };
  FitOptions options = Options({Run(), watch}, 1);
  options.batch_size = 2;
  trainer.Fit(many.data(), options);
  const auto rows = ReadCsv(folder_.Read("run/steps.csv"));
  ASSERT_EQ(rows.size(), 1u + 84u);
  for (size_t row = 1; row <= 83; ++row) {
    EXPECT_EQ(rows[row][0], std::to_string(3 * row));
    const double mean = (losses[3 * row - 3] + losses[3 * row - 2] + losses[3 * row - 1]) / 3;
    EXPECT_NEAR(std::stod(rows[row][2]), mean, 1e-6);
  }
  EXPECT_EQ(rows[84][0], "250");
  EXPECT_NEAR(std::stod(rows[84][2]), losses[249], 1e-6);  // a batch of one sample
  // TensorBoard's curves have the same points.
  const std::vector<ReadEvent> events = ReadEvents(EventFiles("run/train")[0]);
  ASSERT_EQ(events.size(), 1u + 84u + 1u);
  EXPECT_EQ(events[84].step, 250);
  EXPECT_EQ(events[84].values[0], std::pair(std::string("batch_loss"), std::stof(rows[84][2])));
}

TEST_F(RunFolderTest, ShardsOfAStepCountAsOneStep) {
  Trainer trainer(kSoftmaxProgram);
  FitOptions options = Options({Run()}, 1);
  options.batch_size = 4;
  options.gradient_accumulation_steps = 5;
  const History history = trainer.Fit(data_, options);
  const auto rows = ReadCsv(folder_.Read("run/steps.csv"));
  ASSERT_EQ(rows.size(), 1u + 5u);
  double sum = 0;
  for (size_t row = 1; row <= 5; ++row) sum += std::stod(rows[row][2]);
  EXPECT_NEAR(sum / 5, history.epochs[0]["loss"], 1e-7);
}

TEST_F(RunFolderTest, EventsHaveTheTagsOfKeras) {
  Trainer trainer(kSoftmaxProgram);
  const History history = trainer.Fit(data_, Options({Run()}, 2));
  std::vector<std::string> epochs;
  for (const ReadEvent& event : ReadEvents(EventFiles("run/train")[0])) {
    for (const auto& [tag, value] : event.values) {
      if (!tag.starts_with("epoch_")) continue;
      epochs.push_back(tag + "@" + std::to_string(event.step));
      if (tag == "epoch_loss") {
        EXPECT_EQ(value, static_cast<float>(history.epochs[static_cast<size_t>(event.step)].train["loss"]));
      }
    }
  }
  EXPECT_THAT(epochs, ElementsAre("epoch_loss@0", "epoch_accuracy@0", "epoch_learning_rate@0", "epoch_loss@1",
                                  "epoch_accuracy@1", "epoch_learning_rate@1"));
  const std::vector<ReadEvent> validation = ReadEvents(EventFiles("run/validation")[0]);
  ASSERT_EQ(validation.size(), 3u);
  EXPECT_THAT(validation[2].values,
              ElementsAre(std::pair("epoch_loss", static_cast<float>(history.epochs[1].validation["loss"])),
                          std::pair("epoch_accuracy", static_cast<float>(history.epochs[1].validation["accuracy"]))));
}

TEST_F(RunFolderTest, TheConfigurationIsAMessageOfItsSchema) {
  Trainer trainer(kSoftmaxProgram, {.seed = 12345678901234567890u});
  FitOptions options = Options({Run()}, 3, folder_ / "checkpoints");
  options.batch_size = 5;
  trainer.Fit(data_, options);
  options.callbacks = {Run("run", /*resume=*/true)};
  options.epochs = 4;
  options.resume = true;
  trainer.Fit(data_, options);

  run::Config config;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(folder_.Read("run/config.pbtxt"), &config));
  // What differs from machine to machine is checked by its form.
  const char kTime[] = "20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z";
  EXPECT_THAT(config.started(), MatchesRegex(kTime));
  EXPECT_THAT(config.version(), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_EQ(config.machine().target(), "any");
  EXPECT_THAT(config.machine().system(), ::testing::StartsWith("Linux "));
  EXPECT_GT(config.machine().cores(), 0);
  ASSERT_EQ(config.resumed_size(), 1);
  EXPECT_THAT(config.resumed(0).started(), MatchesRegex(kTime));
  config.clear_started();
  config.clear_version();
  config.clear_machine();
  config.mutable_resumed(0)->clear_started();
  EXPECT_EQ(
      config.ShortDebugString(),
      "model: \"softmax\" graph_hash: \"1234567890abcdef\" numerics_id: \"by hand\" command: \"brine\" command: "
      "\"train\" command: \"a \\\"quoted\\\"\\n\\303\\244.cc\" batch_size: 5 accumulate: 1 epochs: 3 seed: "
      "12345678901234567890 threads: 1 learning_rate: 0.25 data: \"images\" train_samples: 100 "
      "validation_samples: 50 test_samples: 7 class_names: \"cat\" class_names: \"dog\" class_names: \"fish\" "
      "result { name: \"loss\" better: \"min\" } result { name: \"accuracy\" better: \"max\" } result { name: "
      "\"val_loss\" better: \"min\" } result { name: \"val_accuracy\" better: \"max\" } monitor: \"val_loss\" "
      "resumed { command: \"brine\" command: \"train\" command: \"a \\\"quoted\\\"\\n\\303\\244.cc\" epochs_done: "
      "3 epochs: 4 } shards: 1 ranks: 1");
}

// The folder changes nothing of the training.  The rate falls during the run, and each epoch has the rate of its steps.
TEST_F(RunFolderTest, ARunWithAFolderHasTheBitsOfOneWithout) {
  Trainer with(kSoftmaxProgram), without(kSoftmaxProgram);
  const Callback reduce = ReduceLROnPlateau({.factor = 0.5, .patience = 0, .min_lr = 1e-3});
  with.Fit(data_, Options({reduce, Run()}, 5, folder_ / "with"));
  without.Fit(data_, Options({reduce}, 5, folder_ / "without"));
  EXPECT_EQ(Everything(with), Everything(without));
  EXPECT_TRUE(folder_.Read("with/step-35.safetensors") == folder_.Read("without/step-35.safetensors"));
  const std::vector<Json> lines = ParseJsonLines(folder_.Read("run/log.jsonl"));
  const auto rows = ReadCsv(folder_.Read("run/steps.csv"));
  for (size_t epoch = 0; epoch < 5; ++epoch)
    EXPECT_EQ(Number(lines[epoch], "learning_rate"), std::stod(rows[7 * epoch + 1].back())) << epoch;
  EXPECT_LT(Number(lines[4], "learning_rate"), 0.01);
}

// The text of a log without its times.
std::string WithoutTimes(const std::string& log) {
  std::string text;
  for (const Json& line : ParseJsonLines(log)) {
    for (const std::string& name : FieldNames(line)) {
      if (name != "seconds" && name != "samples_per_second")
        text += name + "=" + Field(line, name.c_str()).ShortDebugString() + "\n";
    }
  }
  return text;
}

// Wherever a run is cut off, the resumed one leaves the files of one that was not, but for times.
TEST_F(RunFolderTest, AResumedRunLeavesTheFilesOfAWholeOne) {
  Trainer whole(kSoftmaxProgram);
  whole.Fit(data_, Options({Run("whole")}, 4, folder_ / "whole/checkpoints"));
  for (int steps = 1; steps < 28; steps += 4) {
    const std::string name = "cut" + std::to_string(steps);
    Trainer first(kSoftmaxProgram), second(kSoftmaxProgram, {.seed = 9});
    first.Fit(data_,
              Options({Run(name), StopAfter(static_cast<uint64_t>(steps))}, 4, folder_ / (name + "/checkpoints")));
    // What a process leaves that was killed after its last checkpoint.
    const auto more = [&](const char* file, const std::string& text) {
      folder_.Write(name + "/" + file, folder_.Read(name + "/" + file) + text);
    };
    const std::string epoch = std::to_string(steps / 7), next = std::to_string(steps / 7 + 1);
    more("log.jsonl", "{\"epoch\": " + next + ", \"step\": 99}\n{\"epoch\": ");
    more("steps.csv", std::to_string(steps + 1) + ",1,9,9,9\n" + std::to_string(steps + 2) + ",1");
    more("metrics.csv", epoch + ",9,9,9,9\n");
    FitOptions options = Options({Run(name, /*resume=*/true)}, 4, folder_ / (name + "/checkpoints"));
    options.resume = true;
    second.Fit(data_, options);
    EXPECT_EQ(Everything(second), Everything(whole)) << steps;
    for (const char* file : {"/steps.csv", "/metrics.csv"})
      EXPECT_EQ(folder_.Read(name + file), folder_.Read(std::string("whole") + file)) << steps;
    EXPECT_EQ(WithoutTimes(folder_.Read(name + "/log.jsonl")), WithoutTimes(folder_.Read("whole/log.jsonl"))) << steps;
    EXPECT_EQ(EventTexts(name + "/train"), EventTexts("whole/train")) << steps;
    EXPECT_EQ(EventTexts(name + "/validation"), EventTexts("whole/validation")) << steps;
    const auto find = [&](const std::string& text) { return text.substr(0, text.find("\"worst\"")); };
    EXPECT_EQ(find(folder_.Read(name + "/evaluation.json")), find(folder_.Read("whole/evaluation.json")));
  }
}

// Of 250 batches, three share a row of steps.csv; the runs stop at each place within a row, and one stops twice in it.
TEST_F(RunFolderTest, ARunThatResumesWithinARowLeavesTheFilesOfAWholeOne) {
  const Images many(499);
  const auto fit = [&](const std::string& name, bool resume, uint64_t stop) {
    Trainer trainer(kSoftmaxProgram);
    FitOptions options = Options({Run(name, resume), StopAfter(stop)}, 2, folder_ / (name + "/checkpoints"));
    options.batch_size = 2;
    options.resume = resume;
    trainer.Fit(many.data(), options);
  };
  const uint64_t whole = 500;
  fit("whole", false, whole);
  const std::vector<std::vector<uint64_t>> rows = {{100, whole}, {101, whole}, {102, whole}, {100, 101, whole},
                                                   {250, whole}, {351, whole}, {499, whole}};
  for (size_t row = 0; row < rows.size(); ++row) {
    const std::string name = "cut" + std::to_string(row);
    for (size_t part = 0; part < rows[row].size(); ++part) fit(name, part > 0, rows[row][part]);
    EXPECT_EQ(folder_.Read(name + "/steps.csv"), folder_.Read("whole/steps.csv")) << row;
    EXPECT_EQ(WithoutTimes(folder_.Read(name + "/log.jsonl")), WithoutTimes(folder_.Read("whole/log.jsonl"))) << row;
    EXPECT_EQ(EventTexts(name + "/train"), EventTexts("whole/train")) << row;
  }
}

// A program that links the trainer may have called setlocale.
TEST_F(RunFolderTest, NumbersDoNotDependOnTheLocale) {
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  const char* const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8"};
  if (std::none_of(std::begin(names), std::end(names),
                   [](const char* name) { return std::setlocale(LC_NUMERIC, name) != nullptr; }))
    GTEST_SKIP() << "no locale with a decimal comma is installed";
  Trainer trainer(kSoftmaxProgram);
  trainer.Fit(data_, Options({Run()}, 1));
  const std::string number = JsonNumber(-1234.5);
  std::setlocale(LC_NUMERIC, before.c_str());
  EXPECT_EQ(number, "-1234.5");
  EXPECT_THAT(folder_.Read("run/config.pbtxt"), HasSubstr("learning_rate: 0.25\n"));
  EXPECT_EQ(Number(ParseJsonLines(folder_.Read("run/log.jsonl")).at(0), "learning_rate"), 0.01);
}

TEST_F(RunFolderTest, AnotherRunIsNotWrittenOver) {
  Trainer trainer(kSoftmaxProgram);
  trainer.Fit(data_, Options({Run()}, 1));
  const std::string log = folder_.Read("run/log.jsonl");
  EXPECT_EQ(Message([&] { trainer.Fit(data_, Options({Run()}, 1)); }),
            folder_ / "run: holds an earlier run; --resume goes on with it, another folder starts anew");
  EXPECT_EQ(folder_.Read("run/log.jsonl"), log);
  EXPECT_THAT(Message([&] { trainer.Fit(data_, Options({RunFolder({.folder = "/proc/run"})}, 1)); }, kExitFailed),
              HasSubstr("/proc/run: cannot be created: "));
}

// The run ends with one sentence, and the checkpoint of the epoch before stays.
TEST_F(RunFolderTest, AFullDiskEndsTheRun) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    Callback fill;
    fill.on_epoch_end = [](Trainer&, const EpochResult& result) {
      const rlimit small = {2000, RLIM_INFINITY};
      if (result.epoch == 1) setrlimit(RLIMIT_FSIZE, &small);
    };
    Trainer trainer(kSoftmaxProgram);
    const std::string message = Message(
        [&] {
          trainer.Fit(data_, Options({fill, Run()}, 9, folder_ / "run/checkpoints"));
        },
        kExitFailed);
    const bool is_sentence = message.starts_with(folder_ / "run/") && message.ends_with(": File too large");
    _exit(is_sentence ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/checkpoints/step-7.safetensors"));
  EXPECT_THAT(ParseJsonLines(folder_.Read("run/log.jsonl")), ::testing::SizeIs(1));
}

}  // namespace
}  // namespace brine::testing
