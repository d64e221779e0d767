// Tests the folders that `brine new` makes.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include "tests/e2e/page.h"

namespace brine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;

std::set<std::string> NamesIn(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

// The templates, as the help names them.
std::set<std::string> Templates() {
  const std::string help = RunCommand("brine new --help").out, start = "--template ";
  const size_t begin = help.find(start) + start.size();
  std::istringstream list(help.substr(begin, help.find_first_of(" \n", begin) - begin));
  std::set<std::string> names;
  for (std::string name; std::getline(list, name, '|');) names.insert(name);
  return names;
}

TEST(New, HasATemplateForEachFolderOfThem) {
  EXPECT_EQ(Templates(), NamesIn(BRINE_SOURCE_DIR "/frontend/cli/templates"));
}

TEST(New, MakesAFolderOnceWithNothingElse) {
  const Project project;
  EXPECT_EQ(project.Run("brine new flowers"),
            "made flowers with README.md, model.cc; its README.md says how to go on\n");
  EXPECT_EQ(NamesIn(project.path("flowers")), (std::set<std::string>{"README.md", "model.cc"}));
  EXPECT_THAT(project.Read("flowers/model.cc"), HasSubstr("Sequential net(\"flowers\", "));
  EXPECT_EQ(project.Run("stat -c %a flowers flowers/model.cc"), "755\n644\n");
  for (const std::string& name : Templates()) {
    project.Run("brine new t_" + name + " --template " + name);
    const std::string source = BRINE_SOURCE_DIR "/frontend/cli/templates/" + name;
    ASSERT_EQ(NamesIn(project.path("t_" + name)), NamesIn(source));
    for (const std::string& file : NamesIn(source)) {
      std::string text = std::regex_replace(ReadText(source + "/" + file), std::regex("NAME_OF_MODEL"), "t_" + name);
      text = std::regex_replace(text, std::regex("NUMBER_OF_CLASSES"), "10");
      EXPECT_EQ(project.Read("t_" + name + "/" + file), text);
    }
  }
  project.Run(
      "brine new pets --template images --classes 37 && mkdir birds deep && brine new deep/birds/ && brine new birds");
  EXPECT_THAT(project.Read("pets/model.cc"), HasSubstr("kClasses = 37;"));
  EXPECT_EQ(NamesIn(project.path("birds")), NamesIn(project.path("deep/birds")));
}

TEST(New, RefusesWithoutAChange) {
  struct Row {
    const char* arguments;
    int code;
    const char* error;
  };
  constexpr char kRule[] =
      "the name of a model must be 1 to 128 characters of A-Z a-z 0-9 _ and start with no digit, got ";
  const Row rows[] = {
      {"data", 2, "data: exists already"},
      {"digits.cc/", 2, kRule},
      {"file", 2, "file: exists already"},
      {"link", 2, "link: exists already"},
      {"nowhere/flowers", 1, "nowhere/flowers: cannot be made: No such file or directory"},
      {"file/flowers", 1, "file/flowers: cannot be made: Not a directory"},
      {"my-flowers", 2, kRule},
      {"2flowers", 2, kRule},
      {"''", 2, kRule},
      {".", 2, kRule},
      {"/", 2, kRule},
      {"$(printf 'a%.0s' $(seq 129))", 2, kRule},
      {"flowers --template vgg", 2, "--template must be cnn, mlp, resnet, images, table or cmake, got 'vgg'"},
      {"flowers --classes 1", 2, "--classes must be a whole number from 2 to 1000000, got '1'"},
      {"flowers --template table --classes 3", 2, "--classes: the template table has no classes"},
      {"flowers birds", 2, "new does not take 'birds'"},
  };
  const Project project;
  project.Run("echo kept >file && mkdir empty && ln -s empty link");
  const std::string before = project.Run("find . | sort && cat file");
  for (const Row& row : rows) {
    const CommandResult run = project.Try(std::string("brine new ") + row.arguments);
    EXPECT_EQ(run.code, row.code) << row.arguments;
    EXPECT_EQ(run.out, "") << row.arguments;
    EXPECT_THAT(run.err, testing::StartsWith(std::string("brine: ") + row.error)) << row.arguments;
  }
  EXPECT_EQ(project.Run("find . | sort && cat file"), before);
}

TEST(New, LeavesNothingWhenTheDiskIsFull) {
  const Project project;
  EXPECT_EQ(project.Run("{ ulimit -f 0; brine new flowers 2>&1 || echo code $?; } | cat"),
            "brine: flowers/README.md: File too large\ncode 1\n");
  EXPECT_EQ(NamesIn(project.path("")), (std::set<std::string>{"data", "digits.cc"}));
}

// The commands of each README, as a user would enter them.
class Template : public testing::Test {
 protected:
  void Make(const std::string& name) { project_.Run("brine new first --template " + name); }
  void RunCommands() { RunPage(project_, project_.Read("first/README.md"), "first"); }

  const Project project_;
};

TEST_F(Template, CnnTrains) {
  Make("cnn");
  RunCommands();
}

TEST_F(Template, MlpTrains) {
  Make("mlp");
  RunCommands();
}

TEST_F(Template, ResnetTrains) {
  Make("resnet");
  project_.WriteCifar10(40);
  project_.Run("mkdir first/DIR && mv cifar-10-batches-bin first/DIR");
  RunCommands();
}

TEST_F(Template, ImagesTrainsOnImagesOfAnotherSize) {
  Make("images");
  project_.WriteCifar10(40);
  project_.Run("brine train first/model.cc --data . --quiet");
}

TEST_F(Template, ImagesTrains) {
  Make("images");
  project_.WritePictures("first/PICTURES", 10, 8);
  project_.Run("cp first/PICTURES/class_3/1.ppm first/cat.jpg");
  RunCommands();
}

TEST_F(Template, TableTrainsOnArrays) {
  Make("table");
  project_.Run("sed -i 's/kMean = 0, kDeviation = 1;/kMean = 400, kDeviation = 80;/' first/model.cc");
  constexpr int kRows = 200, kColumns = 8;
  std::vector<float> columns, sums;
  for (int row = 0; row < kRows; ++row) {
    sums.push_back(0);
    for (int column = 0; column < kColumns; ++column) {
      columns.push_back(static_cast<float>((row * 37 + column * column * 11) % 101));
      sums.back() += columns.back();
    }
  }
  project_.WriteNpy("x.npy", "(200, 8)", columns);
  project_.WriteNpy("label.npy", "(200, 1)", sums);
  project_.Run("brine train first/model.cc --data x=x.npy --data label=label.npy --epochs 30 --quiet --save w");
  EXPECT_THAT(project_.Run("brine evaluate first/model.cc --data x=x.npy --data label=label.npy --weights w"),
              HasSubstr("\nTest r2_score: 0.9"));
}

TEST_F(Template, TableTrains) {
  Make("table");
  project_.WriteTable("first/TABLE.csv", 8, 200);
  RunCommands();
}

TEST_F(Template, CmakeBuildsAndLearns) {
  Make("cmake");
  const std::string prefix = project_.path("prefix");
  project_.Run("cmake --install '" BRINE_BINARY_DIR "' --prefix '" + prefix + "' >install.log");
  ASSERT_EQ(setenv("PREFIX", prefix.c_str(), 1), 0);
  RunCommands();
  EXPECT_THAT(project_.Run("cd first && build/trainer 2>progress"),
              MatchesRegex("Test accuracy: 0\\.9[0-9]+\n\\(0\\.9, 0\\.1\\) lies in quarter 1 with probability .*\n"));
}

}  // namespace
}  // namespace brine
