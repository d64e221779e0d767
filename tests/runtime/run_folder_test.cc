#include "runtime/trainer/run_folder.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <csignal>
#include <cstring>
#include <map>
#include <numeric>

#include "frontend/cli/run.pb.h"
#include "runtime/core/layout.h"
#include "runtime/trainer/callbacks.h"
#include "runtime/trainer/confusion.h"
#include "runtime/trainer/norms.h"
#include "tests/e2e/json.h"
#include "tests/runtime/message.h"
#include "tests/runtime/read_events.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/temporary_folder.h"
#include "tests/runtime/two_heads_program.h"

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

class RunFolderTest : public ::testing::Test {
 protected:
  RunFolderTest() : images_(100), data_(images_.data()), test_(Images(50, 2)), validation_(test_.data()) {}

  FitOptions Options(std::vector<Callback> callbacks, int epochs, const std::string& checkpoints = "") const {
    return {.epochs = epochs,
            .validation_data = &validation_,
            .callbacks = std::move(callbacks),
            .checkpoint = checkpoints,
            .verbose = false};
  }
  Callback Run(const std::string& name = "run", bool resume = false) const {
    return RunFolder({.folder = folder_ / name,
                      .resume = resume,
                      .command = {"brine", "train", "a \"quoted\"\n\xc3\xa4.cc"},
                      .data = "images",
                      .test_samples = 7,
                      .class_names = {"cat", "dog", "fish"},
                      .monitor = "val_loss",
                      .learning_rate = 0.25,
                      .threads = 1});
  }
  std::string Everything(Trainer& trainer) const {
    trainer.Save(folder_ / "state");
    return folder_.Read("state");
  }
  std::vector<std::string> EventFiles(const std::string& folder) const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
  }
  // "tag@step=value" of all files in a folder.
  std::vector<std::string> EventTexts(const std::string& folder) const {
    std::vector<std::string> texts;
    for (const std::string& file : EventFiles(folder)) {
      for (const ReadEvent& event : ReadEvents(file)) {
        for (const auto& [tag, value] : event.values)
          texts.push_back(tag + "@" + std::to_string(event.step) + "=" + std::to_string(value));
      }
    }
    return texts;
  }

  TemporaryFolder folder_;
  Images images_;
  Dataset data_;
  Images test_;
  Dataset validation_;
};

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
      "3 epochs: 4 }");
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

Callback StopAfter(uint64_t steps) {
  Callback stop;
  stop.on_batch_end = [steps](Trainer& t, const EpochResult&) {
    if (brine_steps_done(t.state()) == steps) t.Stop();
  };
  return stop;
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

std::vector<uint8_t> FromBase64(const std::string& text) {
  std::vector<uint8_t> bytes;
  uint32_t word = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    const int digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                      : c >= 'a' && c <= 'z' ? c - 'a' + 26
                      : c >= '0' && c <= '9' ? c - '0' + 52
                      : c == '+'             ? 62
                                             : 63;
    word = word << 6 | static_cast<uint32_t>(digit);
    if ((bits += 6) >= 8) bytes.push_back(static_cast<uint8_t>(word >> (bits -= 8)));
  }
  return bytes;
}

// The expected numbers are computed here from what Predict returns.
TEST_F(RunFolderTest, TheEvaluationHasConfusionsAndTheWorstSamples) {
  Trainer trainer(kSoftmaxProgram);
  trainer.Fit(data_, Options({Run()}, 2));
  const std::vector<float> rows = trainer.Predict(validation_)[0].values;
  int64_t confusion[kClasses][kClasses] = {};
  std::vector<std::pair<double, int>> losses;
  for (int sample = 0; sample < 50; ++sample) {
    const float* const row = rows.data() + sample * kClasses;
    const int label = test_.labels[static_cast<size_t>(sample)];
    ++confusion[label][std::max_element(row, row + kClasses) - row];
    losses.emplace_back(-std::log(double{row[label]}), -sample);
  }
  std::sort(losses.rbegin(), losses.rend());

  const Json file = ParseJsonLines(folder_.Read("run/evaluation.json")).at(0);
  EXPECT_EQ(Number(file, "epoch"), 2);
  EXPECT_EQ(Field(file, "data").string_value(), "validation");
  EXPECT_EQ(Number(file, "samples"), 50);
  const Json& output = Field(file, "outputs").list_value().values(0);
  EXPECT_EQ(Field(output, "name").string_value(), "output");
  EXPECT_EQ(Field(output, "classes").list_value().values(2).string_value(), "fish");
  EXPECT_EQ(Field(output, "classes").list_value().values(3).string_value(), "class 3");
  for (int label = 0; label < kClasses; ++label) {
    for (int guess = 0; guess < kClasses; ++guess) {
      const auto& counts = Field(output, "confusion").list_value().values(label).list_value();
      EXPECT_EQ(counts.values(guess).number_value(), static_cast<double>(confusion[label][guess]));
    }
  }
  const auto& worst = Field(output, "worst").list_value();
  ASSERT_EQ(worst.values_size(), 24);
  for (int place = 0; place < 24; ++place) {
    const Json& entry = worst.values(place);
    const int sample = static_cast<int>(Number(entry, "sample"));
    EXPECT_EQ(sample, -losses[static_cast<size_t>(place)].second) << place;
    EXPECT_NEAR(Number(entry, "loss"), losses[static_cast<size_t>(place)].first, 1e-6);
    EXPECT_EQ(Number(entry, "label"), test_.labels[static_cast<size_t>(sample)]);
    std::vector<float> sorted(rows.begin() + sample * kClasses, rows.begin() + (sample + 1) * kClasses);
    const std::vector<float> row = sorted;
    std::sort(sorted.rbegin(), sorted.rend());
    const auto& top = Field(entry, "top").list_value();
    ASSERT_EQ(top.values_size(), 3);
    for (int rank = 0; rank < 3; ++rank) {
      EXPECT_NEAR(Number(top.values(rank), "probability"), sorted[static_cast<size_t>(rank)], 1e-7);
      EXPECT_EQ(row[static_cast<size_t>(Number(top.values(rank), "class"))], sorted[static_cast<size_t>(rank)]);
    }
    const Json& image = Field(entry, "image");
    EXPECT_EQ(Number(image, "height"), 8);
    EXPECT_EQ(Number(image, "channels"), 3);
    const auto begin = test_.pixels.begin() + sample * kPixels;
    EXPECT_EQ(FromBase64(Field(image, "pixels").string_value()), std::vector<uint8_t>(begin, begin + kPixels));
  }
}

// After each epoch some of many samples are predicted, and at the end all.
TEST_F(RunFolderTest, TheLastEvaluationIsOfAllSamples) {
  const Images many(2100, 3);
  const Dataset validation = many.data();
  std::vector<double> samples;
  Callback watch;
  watch.on_epoch_end = [&](Trainer&, const EpochResult&) {
    samples.push_back(Number(ParseJsonLines(folder_.Read("run/evaluation.json")).at(0), "samples"));
  };
  Trainer trainer(kSoftmaxProgram);
  trainer.Fit(data_, {.epochs = 2, .validation_data = &validation, .callbacks = {Run(), watch}, .verbose = false});
  EXPECT_THAT(samples, ElementsAre(2000, 2000));
  const Json file = ParseJsonLines(folder_.Read("run/evaluation.json")).at(0);
  EXPECT_EQ(Number(file, "samples"), 2100);
  double sum = 0;
  for (const Json& row : Field(Field(file, "outputs").list_value().values(0), "confusion").list_value().values()) {
    for (const Json& count : row.list_value().values()) sum += count.number_value();
  }
  EXPECT_EQ(sum, 2100);
}

// Of an output of numbers, the worst samples are those with the largest squared errors.
TEST_F(RunFolderTest, TheEvaluationOfNumbers) {
  const std::vector<float> left = {1, 2, 3, 4}, totals = {10, 4};
  const std::vector<uint8_t> right = {1, 2, 3, 0, 0, 1};
  const std::vector<int32_t> kinds = {1, 2};
  const Dataset data(std::vector<NamedArray>{{"left", 2, std::span<const float>(left)},
                                             {"right", 2, std::span<const uint8_t>(right)},
                                             {"total_label", 2, std::span<const float>(totals)},
                                             {"kind_label", 2, std::span<const int32_t>(kinds)}});
  Trainer trainer(kTwoHeadsProgram);
  trainer.Fit(data, {.epochs = 1, .validation_data = &data, .callbacks = {Run()}, .verbose = false});
  const Json file = ParseJsonLines(folder_.Read("run/evaluation.json")).at(0);
  const auto& outputs = Field(file, "outputs").list_value();
  ASSERT_EQ(outputs.values_size(), 2);
  const Json& total = outputs.values(0);
  EXPECT_THAT(FieldNames(total), ElementsAre("name", "worst"));
  float w;
  std::memcpy(&w, brine_variable_data(trainer.state(), 0), sizeof(w));
  const Json& worst = Field(total, "worst").list_value().values(0);
  const double errors[] = {std::pow(9 * w - 10, 2), std::pow(8 * w - 4, 2)};
  const int sample = errors[0] > errors[1] ? 0 : 1;
  EXPECT_EQ(Number(worst, "sample"), sample);
  EXPECT_NEAR(Number(worst, "loss"), errors[sample], 1e-4);
  EXPECT_EQ(Field(worst, "label").list_value().values(0).number_value(), totals[static_cast<size_t>(sample)]);
  EXPECT_NEAR(Field(worst, "value").list_value().values(0).number_value(), (sample == 0 ? 9 : 8) * w, 1e-5);
  EXPECT_THAT(FieldNames(outputs.values(1)), ElementsAre("classes", "confusion", "name", "worst"));
}

TEST_F(RunFolderTest, KernelsAreMeasuredInTheFirstEpoch) {
  Trainer trainer(kSoftmaxProgram);
  trainer.Fit(data_, Options({Run()}, 2));
  const Json file = ParseJsonLines(folder_.Read("run/kernels.json")).at(0);
  EXPECT_EQ(Number(file, "batch_size"), 16);
  EXPECT_EQ(Number(file, "threads"), 1);
  EXPECT_EQ(Number(Field(file, "block_bytes"), "arena"), 2048);
  std::vector<std::string> names;
  for (const Json& kernel : Field(file, "kernels").list_value().values()) {
    names.push_back(Field(kernel, "name").string_value());
    EXPECT_GT(Number(kernel, "ms"), 0);
    EXPECT_GT(Number(kernel, "bytes"), 0);
    EXPECT_GT(Number(kernel, "bound_share"), 0);
  }
  EXPECT_THAT(names, ElementsAre("forward", "loss", "gradient", "kernel_step", "bias_step"));
}

// Every number of batches has steps to measure, and no observer is left.
TEST_F(RunFolderTest, KernelsOfShortRunsAreMeasured) {
  for (const int samples : {3, 16, 17, 33, 400}) {
    const Images few(samples);
    const std::string name = "run" + std::to_string(samples);
    Trainer trainer(kSoftmaxProgram);
    trainer.Fit(few.data(), Options({Run(name)}, 1));
    const Json file = ParseJsonLines(folder_.Read(name + "/kernels.json")).at(0);
    EXPECT_EQ(Field(file, "kernels").list_value().values_size(), 5) << samples;
  }
}

// The options, and the callback with them, live longer than Fit.
TEST_F(RunFolderTest, NothingObservesATrainerWhoseFitHasEnded) {
  Callback fail;
  fail.on_batch_end = [](Trainer&, const EpochResult& result) {
    if (result.batch == 2) throw Error(kExitFailed, "the disk is full");
  };
  const FitOptions stopped = Options({Run("stopped"), StopAfter(2)}, 1), failed = Options({Run("failed"), fail}, 1);
  {
    Trainer trainer(kSoftmaxProgram);
    trainer.Fit(data_, stopped);
    EXPECT_EQ(trainer.state()->observer, nullptr);
    trainer.Predict(test_.data());
  }
  Trainer trainer(kSoftmaxProgram);
  EXPECT_EQ(Message([&] { trainer.Fit(data_, failed); }, kExitFailed), "the disk is full");
  EXPECT_EQ(trainer.state()->observer, nullptr);
}

TEST_F(RunFolderTest, ASecondRunOfACallbackMeasuresKernels) {
  Trainer trainer(kSoftmaxProgram);
  FitOptions options = Options({Run("run", /*resume=*/true), StopAfter(2)}, 1);
  trainer.Fit(data_, options);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/kernels.json"));
  trainer.Fit(data_, options);
  const Json file = ParseJsonLines(folder_.Read("run/kernels.json")).at(0);
  EXPECT_EQ(Field(file, "kernels").list_value().values_size(), 5);
}

// The calls of other functions are no kernels of the step.
TEST_F(RunFolderTest, ACallbackMayPredictWhileKernelsAreMeasured) {
  Trainer trainer(kSoftmaxProgram);
  Callback predict;
  predict.on_batch_end = [&](Trainer& t, const EpochResult&) { t.Predict(test_.data()); };
  trainer.Fit(data_, Options({Run(), predict}, 1));
  const Json file = ParseJsonLines(folder_.Read("run/kernels.json")).at(0);
  std::vector<std::string> names;
  for (const Json& kernel : Field(file, "kernels").list_value().values())
    names.push_back(Field(kernel, "name").string_value());
  EXPECT_THAT(names, ElementsAre("forward", "loss", "gradient", "kernel_step", "bias_step"));
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
