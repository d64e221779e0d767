// Tests the commands that write pages; tests/pages has the tests of what is in them.
#include <gmock/gmock.h>

#include "tests/e2e/project.h"

namespace brine {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const char kRun[] =
    "mkdir -p runs/a runs/b && echo 'model: \"digits\"' | tee runs/a/config.pbtxt > runs/b/config.pbtxt && "
    "echo '{\"epoch\":1,\"step\":9,\"loss\":2.5}' | tee runs/a/log.jsonl > runs/b/log.jsonl";

TEST(Report, IsWrittenWhereTheUserSays) {
  const Project project;
  project.Run(kRun);
  struct Row {
    const char *flags, *path;
  };
  for (const Row& row : {Row{"runs/a", "runs/a/report.html"},
                         {"runs/a/", "runs/a/report.html"},
                         {"runs/a runs/b", "./report.html"},
                         {"runs/a runs/b -o both.html", "both.html"}}) {
    EXPECT_EQ(project.Run(std::string("brine report ") + row.flags), std::string(row.path) + "\n");
    EXPECT_THAT(project.Read(row.path), AllOf(StartsWith("<!DOCTYPE html>"), EndsWith("</html>\n"))) << row.flags;
  }
  EXPECT_EQ(project.Run("cd runs/a && brine report ."), "./report.html\n");
  EXPECT_THAT(project.Read("runs/a/report.html"), HasSubstr("<title>digits, a</title>"));
}

TEST(Report, MistakesAreOneSentence) {
  const Project project;
  project.Run(kRun);
  project.Run("echo 'epochs: x' > runs/b/config.pbtxt && mkdir empty");
  struct Row {
    const char* flags;
    int code;
    const char* message;
  };
  for (const Row& row : {Row{"", 2, "brine: report needs RUN\n"},
                         {"empty", 3, "empty: is no run, as it has no config.pbtxt\n"},
                         {"missing", 3, "missing: is no run, as it has no config.pbtxt\n"},
                         {"runs/a runs/b", 3, "runs/b/config.pbtxt:1:9: Expected integer, got: x\n"},
                         {"digits.cc", 3, "digits.cc: is no run, as it has no config.pbtxt\n"}}) {
    const CommandResult result = project.Try(std::string("brine report ") + row.flags);
    EXPECT_EQ(result.code, row.code) << row.flags;
    EXPECT_EQ(result.err, row.message) << row.flags;
    EXPECT_EQ(result.out, "") << row.flags;
  }
  const CommandResult unwritable = project.Try("brine report runs/a -o /no/such/folder/page.html");
  EXPECT_EQ(unwritable.code, 1);
  EXPECT_THAT(unwritable.err, HasSubstr("/no/such/folder/page.html"));
}

TEST(InspectPage, IsMadeFromEveryStageAndFile) {
  const Project project;
  project.Run("brine compile digits.cc -o program");
  for (const std::string stage : {"graph", "train", "fused", "planned"}) {
    project.Run("brine inspect digits.cc --stage " + stage + " > " + stage + ".ir");
    for (const std::string& file : {std::string("digits.cc"), stage + ".ir", std::string("program")}) {
      const std::string page = project.Run("brine inspect " + file + " --format html --stage " + stage);
      EXPECT_THAT(
          page, AllOf(StartsWith("<!DOCTYPE html>"), HasSubstr("Stage " + stage), HasSubstr("<section id=\"kernels\""),
                      HasSubstr("<section id=\"memory\""), EndsWith("</html>\n")))
          << file << " " << stage;
      const bool has_passes = page.find("<section id=\"passes\"") != std::string::npos;
      EXPECT_EQ(has_passes, file != "planned.ir") << file << " " << stage;
    }
  }
}

// The compiled program has the kernels that the page lists.
TEST(InspectPage, ListsTheKernelsOfTheProgram) {
  const Project project;
  const std::string page = project.Run("brine inspect digits.cc --format html");
  EXPECT_THAT(page, HasSubstr("<code>adam</code> update"));
  EXPECT_THAT(page, HasSubstr("digits.cc:"));
}

TEST(InspectPage, AModelWithoutALossIsDrawnWithoutKernels) {
  const Project project;
  project.Write("bare.cc",
                "#include <brine.h>\nbrine::Model Build() {\n  using namespace brine;\n  Sequential net(\"bare\", "
                "Input({4}));\n  net.Add(Dense({.units = 2}));\n  return net;\n}\nBRINE_MODEL(Build)\n");
  EXPECT_THAT(project.Run("brine inspect bare.cc --format html"),
              AllOf(HasSubstr("There are no kernels to show"), Not(HasSubstr("<section id=\"memory\""))));
  EXPECT_THAT(project.Run("brine inspect bare.cc --format html --function predict"),
              HasSubstr("<section id=\"memory\""));
}

TEST(InspectPage, TakesNoKernel) {
  const Project project;
  const CommandResult result = project.Try("brine inspect digits.cc --format html --kernel dense");
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.err, "brine: --kernel needs --format stmt or asm\n");
}

}  // namespace
}  // namespace brine
