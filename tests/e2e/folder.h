// A temporary folder with a small model in it, for tests that drive the tool.
#ifndef BRINE_TESTS_E2E_FOLDER_H_
#define BRINE_TESTS_E2E_FOLDER_H_

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/e2e/command.h"

namespace brine {

// One convolution with its pool and dropout over 8×8 pictures: every kind of kernel, and steps of some microseconds.
inline constexpr char kSmallModel[] = R"(#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("small", Input({8, 8, 3}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Conv2D({.filters = 8, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Add(Dropout(0.1));
  net.Add(Flatten());
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile({.optimizer = Adam({.learning_rate = 1e-3f}), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
)";

class FolderTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / (std::string("brine_") + testing::UnitTest::GetInstance()->current_test_info()->name() + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    Write("model.cc", kSmallModel);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name, std::ios::binary) << text; }
  std::string Read(const std::string& name) const { return ReadText(folder_ / name); }

  // Runs a command in the folder.
  CommandResult Here(const std::string& command) const { return RunCommand("cd '" + folder_.string() + "' && { " + command + "\n}"); }

  std::filesystem::path folder_;
};

}  // namespace brine

#endif  // BRINE_TESTS_E2E_FOLDER_H_
