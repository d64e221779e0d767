// Tests which kernels are compiled anew after a change of a model.
#include <algorithm>
#include <filesystem>

#include "tests/e2e/project.h"

namespace brine {
namespace {

// The kernels in the project's own cache after `command`.  An entry of the cache begins with its key.
int Kernels(const Project& project, const std::string& command) {
  project.Run("export BRINE_CACHE=\"$PWD/cache\"; " + command);
  const auto entries = std::filesystem::directory_iterator(project.path("cache"));
  return static_cast<int>(std::count_if(begin(entries), end(entries), [](const auto& entry) {
    return ReadText(entry.path()).substr(0, 80).find("kernel\nhalide ") != std::string::npos;
  }));
}

TEST(Kernels, OnlyANewWidthNeedsNewOnes) {
  const Project project;
  const std::string train = "brine train digits.cc --data data --quiet ";
  const int kernels = Kernels(project, train);
  EXPECT_GT(kernels, 4);
  EXPECT_EQ(Kernels(project, train + "--seed 8 --learning-rate 0.5 --threads 1"), kernels);
  EXPECT_EQ(Kernels(project, "sed -i s/0.01f/0.02f/ digits.cc && " + train), kernels);
  EXPECT_EQ(Kernels(project, "sed -i s/Dropout.0.25f/Dropout\\(0.5f/ digits.cc && " + train), kernels);
  EXPECT_EQ(Kernels(project, "mkdir there && cp -r digits.cc data there && cd there && " + train), kernels);
  EXPECT_GT(Kernels(project, "sed -i 's/filters = 8/filters = 9/' digits.cc && " + train), kernels);
}

}  // namespace
}  // namespace brine
