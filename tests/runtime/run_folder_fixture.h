// What tests of the folder of a run share: a trainer's data, and what lies in the folder.
#ifndef BRINE_TESTS_RUNTIME_RUN_FOLDER_FIXTURE_H_
#define BRINE_TESTS_RUNTIME_RUN_FOLDER_FIXTURE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "runtime/trainer/callbacks.h"
#include "runtime/trainer/run_folder.h"
#include "tests/runtime/read_events.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {

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

inline Callback StopAfter(uint64_t steps) {
  Callback stop;
  stop.on_batch_end = [steps](Trainer& t, const EpochResult&) {
    if (brine_steps_done(t.state()) == steps) t.Stop();
  };
  return stop;
}

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_RUN_FOLDER_FIXTURE_H_
