// Tests brine opt and --dump-ir, which show the pipeline step by step.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>
#include <vector>

#include "tests/e2e/project.h"

namespace brine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// The names of the files of a folder, such as "02_canonicalize.ir", sorted.
std::vector<std::string> Files(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

// The names of the passes that --list-passes prints, in their order.
std::vector<std::string> Passes(const Project& project) {
  std::vector<std::string> names;
  std::istringstream lines(project.Run("brine opt --list-passes"));
  for (std::string line; std::getline(lines, line);) names.push_back(line.substr(0, line.find(' ')));
  return names;
}

TEST(Passes, AreListedWithTheReasonOfTheirPlace) {
  const Project project;
  EXPECT_THAT(Passes(project),
              ElementsAre("specialize", "add-loss", "canonicalize", "autodiff", "add-optimizer", "fold-constants",
                          "simplify", "cse", "dce", "recompute", "fuse", "plan-memory"));
  EXPECT_THAT(project.Run("brine opt --list-passes"), HasSubstr("\ncanonicalize  before autodiff: "));
}

TEST(Passes, DumpIrWritesAFileAfterEachPassThatChangedSomething) {
  const Project project;
  project.Run("brine summary digits.cc --dump-ir=dump");
  EXPECT_THAT(Files(project.path("dump")), ElementsAre("evaluate", "predict", "train"));
  const std::vector<std::string> passes = Passes(project), files = Files(project.path("dump/train"));
  std::string before = project.Run("brine inspect digits.cc");
  for (const std::string& file : files) {
    const size_t number = std::stoul(file);
    ASSERT_TRUE(number >= 1 && number <= passes.size()) << file;
    EXPECT_EQ(file.substr(2), "_" + passes[number - 1] + ".ir");
    const std::string after = project.Read("dump/train/" + file);
    EXPECT_NE(after, before) << file;
    before = after;
  }
  EXPECT_EQ(before, project.Run("brine inspect digits.cc --stage planned"));
}

TEST(Passes, OptStopsAndPrintsWhereItIsTold) {
  const Project project;
  project.Run("brine inspect digits.cc > digits.ir && brine summary digits.cc --dump-ir dump");
  const std::vector<std::string> passes = Passes(project);
  std::string expected = project.Run("brine opt digits.ir --stop-after 0");
  for (size_t number = 1; number <= passes.size(); ++number) {
    const std::string name = passes[number - 1], file = (number < 10 ? "dump/train/0" : "dump/train/") +
                                                        std::to_string(number) + "_" + name + ".ir";
    const bool changed = std::filesystem::exists(project.path(file));
    if (changed) expected = project.Read(file);
    EXPECT_EQ(project.Run("brine opt digits.ir --stop-after " + std::to_string(number)), expected) << name;
    EXPECT_EQ(project.Run("brine opt digits.ir --print-after " + name),
              changed ? "# after " + name + "\n" + expected : "")
        << name;
  }
  EXPECT_EQ(project.Run("brine opt digits.ir"), expected);
}

TEST(Passes, OptRunsThoseItIsGiven) {
  const Project project;
  project.Run("brine inspect digits.cc > digits.ir");
  EXPECT_EQ(project.Run("brine opt digits.ir --passes=specialize,add-loss,canonicalize,autodiff"),
            project.Run("brine opt digits.ir --stop-after 4"));
  project.Run("brine opt digits.ir --passes add-loss > loss.ir");
  EXPECT_EQ(project.Run("brine opt loss.ir --passes canonicalize"), project.Run("brine opt digits.ir --stop-after 3"));
  const std::string evaluate = project.Run("brine opt digits.ir --function evaluate");
  EXPECT_EQ(evaluate, project.Run("brine inspect digits.cc --function evaluate --stage planned"));
}

TEST(Passes, OneCanBeLeftOut) {
  const Project project;
  project.Run("brine inspect digits.cc > digits.ir");
  // relu stays before its pool.
  const auto order = [&](const std::string& flags) {
    const std::string text = project.Run("brine opt digits.ir --stop-after 3 " + flags);
    const size_t relu = text.find(" relu("), pool = text.find(" max_pool(");
    EXPECT_NE(relu, std::string::npos) << text;
    EXPECT_NE(pool, std::string::npos) << text;
    return relu < pool;
  };
  EXPECT_FALSE(order(""));
  EXPECT_TRUE(order("--without canonicalize"));
  EXPECT_EQ(project.Run("brine opt digits.ir --without=cse,dce --passes=add-loss,cse"),
            project.Run("brine opt digits.ir --passes=add-loss"));
}

TEST(Passes, ATrainingWithoutSomePassesLearnsTheSame) {
  const Project project;
  const std::string train = "brine train digits.cc --data data --epochs 10 --quiet ";
  const auto accuracy = [&](const std::string& flags) {
    return std::stod(project.Run(train + flags + " | sed -n 's/Test accuracy: //p'"));
  };
  EXPECT_NEAR(accuracy(""), accuracy("--without=canonicalize,simplify,cse"), 0.03);
}

}  // namespace
}  // namespace brine
