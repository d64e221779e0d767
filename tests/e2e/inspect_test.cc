// Tests brine inspect: every stage in every format, of models and of compiled programs.
#include <gmock/gmock.h>

#include <regex>
#include <vector>

#include "tests/e2e/json.h"
#include "tests/e2e/project.h"

namespace brine {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

const char* const kStages[] = {"graph", "train", "fused", "planned"};

TEST(Inspect, TextAndProtobufHoldTheSame) {
  const Project project;
  for (const std::string stage : kStages) {
    const std::string flags = " --stage " + stage;
    const std::string text = project.Run("brine inspect digits.cc" + flags + " | tee stage.ir");
    EXPECT_THAT(text, HasSubstr("conv2d")) << stage;
    project.Run("brine inspect digits.cc --format pb" + flags + " > stage.pb");
    project.Run("brine inspect digits.cc --format pbtxt" + flags + " > stage.pbtxt");
    for (const char* file : {"stage.ir", "stage.pb", "stage.pbtxt"})
      EXPECT_EQ(project.Run("brine inspect " + std::string(file) + flags), text) << file << flags;
  }
}

TEST(Inspect, AFileOfOneStageIsTakenToLaterOnes) {
  const Project project;
  const std::string planned = project.Run("brine inspect digits.cc --stage planned");
  for (const std::string stage : {"graph", "fused"}) {
    EXPECT_EQ(project.Run("brine inspect digits.cc --stage " + stage + " > s.ir && brine inspect s.ir --stage planned"),
              planned)
        << stage;
  }
}

TEST(Inspect, DrawsEveryStage) {
  const Project project;
  for (const std::string stage : kStages) {
    EXPECT_THAT(project.Run("brine inspect digits.cc --format dot --stage " + stage),
                AllOf(StartsWith("digraph"), HasSubstr("conv2d/kernel"), EndsWith("}\n")))
        << stage;
  }
}

const std::regex kScratch(" scratch=([0-9]+)");

TEST(Inspect, ACompiledProgramAnswersLikeItsModel) {
  const Project project;
  project.Run("brine compile digits.cc --batch-size 8 -o program");
  for (const std::string stage : kStages) {
    for (const std::string function : {"train", "evaluate", "predict"}) {
      const std::string flags = " --batch-size 8 --stage " + stage + " --function " + function;
      const std::string text = project.Run("brine inspect program" + flags);
      EXPECT_EQ(std::regex_replace(text, kScratch, ""), project.Run("brine inspect digits.cc" + flags)) << flags;
    }
  }
}

// The graph in a program has the working memory of each kernel, and the program reserves the largest.
TEST(Inspect, ACompiledProgramSaysWhatItsKernelsTake) {
  const Project project;
  project.Run("brine compile digits.cc --batch-size 512 -o program");
  long most = 0;
  for (const std::string function : {"train", "evaluate", "predict"}) {
    const std::string text = project.Run("brine inspect program --stage planned --function " + function);
    for (std::sregex_iterator match(text.begin(), text.end(), kScratch), end; match != end; ++match)
      most = std::max(most, std::stol((*match)[1]));
  }
  const Json bench = ParseJsonLines(project.Run("./program bench --json"))[0];
  EXPECT_GT(most, 0);
  EXPECT_EQ(most, Number(Field(bench, "block_bytes"), "scratch"));
}

// A row of the table of memory: the bytes of a value and its lifetime.
struct Row {
  std::string name, place;
  long begin, end, first, last;
};

TEST(Inspect, NoTwoLiveValuesOfTheMemoryTableShareBytes) {
  const Project project;
  std::istringstream lines(project.Run("brine inspect digits.cc --stage planned --format table"));
  std::string line;
  std::getline(lines, line);
  EXPECT_THAT(line, MatchesRegex("value +bytes +place +first +last *"));
  std::vector<Row> rows;
  while (std::getline(lines, line) && line.rfind('%', 0) == 0) {
    Row row;
    long bytes = 0;
    std::string place, first, last, view;
    std::istringstream(line) >> row.name >> bytes >> place >> first >> last >> view;
    if (view == "view") continue;
    const size_t plus = place.find('+');
    ASSERT_NE(plus, std::string::npos) << line;
    row.place = place.substr(0, plus);
    row.begin = std::stol(place.substr(plus + 1));
    row.end = row.begin + bytes;
    row.first = first == "start" ? -1 : std::stol(first);
    row.last = last == "end" ? 1000000 : last == "start" ? -1 : std::stol(last);
    rows.push_back(row);
  }
  EXPECT_GT(rows.size(), 20u);
  for (size_t index = 0; index < rows.size(); ++index) {
    for (size_t other = 0; other < index; ++other) {
      const Row &a = rows[index], &b = rows[other];
      // A value may have the bytes of another one that its own kernel reads last.
      const bool lives = a.first < b.last && b.first < a.last;
      EXPECT_FALSE(a.place == b.place && lives && a.begin < b.end && b.begin < a.end) << a.name << " and " << b.name;
    }
  }
}

TEST(Inspect, RemarksSayWhatWasNotFused) {
  const Project project;
  project.Write("both.cc", R"(#include <brine.h>
brine::Model BuildModel() {
  using namespace brine;
  Tensor x = Input({12, 12, 1});
  Tensor wide = Conv2D({.filters = 4, .kernel_size = 3})(x);
  Tensor pooled = MaxPooling2D()(wide);
  Tensor y = GlobalAveragePooling2D()(wide) + GlobalAveragePooling2D()(pooled);
  Model net("both", {x}, Dense({.units = 10, .activation = "softmax"})(y));
  net.Compile({.loss = "sparse_categorical_crossentropy"});
  return net;
}
BRINE_MODEL(BuildModel)
)");
  const CommandResult result = project.Try("brine inspect both.cc --stage fused --remarks");
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, HasSubstr("both.cc:6: max_pool not fused: its input is also read by "));
  EXPECT_EQ(result.out, project.Run("brine inspect both.cc --stage fused"));
}

// A kernel is the same whether the graph comes from a model, a file or a program.
TEST(Inspect, AKernelsStatementAndAssembly) {
  const Project project;
  const std::string stmt = project.Run("brine inspect digits.cc --format stmt --kernel max_pooling2d");
  EXPECT_THAT(stmt, AllOf(StartsWith("module name=k_"), HasSubstr("produce "), HasSubstr("func k_")));
  project.Run(
      "brine inspect digits.cc > model.ir && brine inspect digits.cc --stage planned --format pb > planned.pb && "
      "brine inspect digits.cc --stage train > train.ir");
  for (const char* file : {"model.ir", "planned.pb", "train.ir", "digits.cc --stage planned", "digits.cc"}) {
    EXPECT_EQ(project.Run("brine inspect --format stmt --kernel %max_pooling2d " + std::string(file)), stmt) << file;
  }
  EXPECT_NE(project.Run("brine inspect digits.cc --format stmt --kernel max_pooling2d --batch-size 5"), stmt);

  // The assembly must define the function that the linked program calls.
  const std::string symbol = stmt.substr(12, stmt.find(',') - 12);
  project.Run("brine inspect digits.cc --format asm --kernel max_pooling2d > kernel.s && cc -c kernel.s");
  EXPECT_THAT(project.Run("nm kernel.o"),
              AllOf(HasSubstr(" T " + symbol + "\n"), HasSubstr(" T " + symbol + "_argv\n")));
}

TEST(Inspect, EveryKernelThatBenchNamesIsFound) {
  const Project project;
  project.Run("brine inspect digits.cc --stage planned > planned.ir");
  const Json bench = ParseJsonLines(project.Run("brine bench digits.cc --data data --steps 1 --json")).at(0);
  EXPECT_GT(Field(bench, "kernels").list_value().values_size(), 5);
  for (const Json& kernel : Field(bench, "kernels").list_value().values()) {
    const std::string name = Field(kernel, "name").string_value();
    EXPECT_THAT(project.Run("brine inspect planned.ir --format stmt --kernel " + name), StartsWith("module name=k_"))
        << name;
  }
}

TEST(Inspect, WhatIsPrintedOfAKernelIsNotCached) {
  const Project project;
  const std::string flags = " digits.cc --function predict --kernel dense --format ";
  project.Run("export BRINE_CACHE=$PWD/cache; brine inspect" + flags + "stmt");  // the model and the target are
  const std::string before = project.Run("BRINE_CACHE=$PWD/cache brine cache stats");
  project.Run("export BRINE_CACHE=$PWD/cache; brine inspect" + flags + "asm && brine inspect" + flags + "stmt");
  EXPECT_EQ(project.Run("BRINE_CACHE=$PWD/cache brine cache stats"), before);
}

TEST(Inspect, SaysWhichKernelsThereAre) {
  const Project project;
  struct Row {
    const char* flags;
    const char* begin;  // the beginning of the message
    const char* end = "";
  };
  for (const Row& row : {
           Row{"--format stmt", "--format stmt needs --kernel NAME"},
           Row{"--kernel dense", "--kernel needs --format stmt or asm"},
           Row{"--format asm --kernel dense --stage train", "--format asm needs --stage planned"},
           Row{"--format stmt --kernel max_poling2d", "there is no kernel max_poling2d; did you mean max_pooling2d?"},
           Row{"--format stmt --kernel attention --function predict",
               "there is no kernel attention; there are rescaling, ", ", dense"},
           Row{"--format stmt --kernel conv2d", "layer conv2d has ", ", adam"},
       }) {
    const CommandResult result = project.Try("brine inspect digits.cc " + std::string(row.flags));
    EXPECT_EQ(result.code, 2) << row.flags;
    EXPECT_EQ(result.out, "") << row.flags;
    EXPECT_THAT(result.err,
                AllOf(StartsWith("brine: " + std::string(row.begin)), EndsWith(row.end + std::string("\n"))))
        << row.flags;
  }
}

}  // namespace
}  // namespace brine
