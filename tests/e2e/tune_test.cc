// brine compile --tune: the candidates for each kernel are timed, and what is found stays in the cache.
#include <gmock/gmock.h>

#include "tests/e2e/project.h"

namespace brine {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(Tune, TimesEachCandidateAndWritesTheProgram) {
  const Project project;
  const std::string found = project.Run("BRINE_CACHE=$PWD/cache brine compile digits.cc --tune --remarks -o tuned");
  // The gradient of the convolution's weights has several strategies on every machine.
  EXPECT_THAT(found, ContainsRegex("conv2d/bias.grad\n  [a-z-]+ +predicted [0-9.]+ ms on one core, [0-9.]+ ms\n"));
  EXPECT_THAT(found, ContainsRegex("the step takes [0-9.]+ ms"));
  EXPECT_THAT(found, Not(HasSubstr("wrong results")));
  EXPECT_THAT(found, Not(HasSubstr("not timed")));
  project.Run("./tuned train --data data --epochs 1 --quiet");
}

// A line of the report names the strategy that the next compilation takes, and without such a line it is the former
// program.
TEST(Tune, TheNextCompilationTakesWhatWasFound) {
  const Project project;
  const std::string cache = "BRINE_CACHE=$PWD/cache ";
  project.Run(cache + "brine compile digits.cc -o before");
  const std::string found = project.Run(cache + "brine compile --tune digits.cc -o tuned"),
                    bench = project.Run(cache + "brine bench digits.cc --steps 2 --warm-up 0 --json");
  bool changes = false;
  std::istringstream lines(found);
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(": "), comma = line.find(", ", colon);
    if (colon == std::string::npos || line.find(" ms instead of ") == std::string::npos) continue;
    changes = true;
    const std::string kernel = line.substr(0, colon), strategy = line.substr(colon + 2, comma - colon - 2);
    EXPECT_THAT(bench, ContainsRegex("\"name\": ?\"" + kernel + "\"[^}]*\"strategy\": ?\"" + strategy + "\""));
  }
  project.Run(cache + "brine compile digits.cc -o again && cmp tuned again");
  EXPECT_EQ(project.Read("tuned") == project.Read("before"), !changes);
}

// The compiler takes the strategy that is predicted to cost nothing, and tuning finds that its results are wrong.
TEST(Tune, LeavesOutACandidateWithWrongResults) {
  const Project project;
  project.Run(
      "mkdir bin && cp \"$(command -v brine)\" bin/brine && cp \"$(command -v wrong_worker)\" bin/brine-worker");
  const std::string brine = "BRINE_CACHE=$PWD/cache PATH=$PWD/bin:$PATH brine ";
  const std::string bench = brine + "bench digits.cc --steps 1 --warm-up 0 --json";
  EXPECT_THAT(project.Run(bench), HasSubstr("\"strategy\": \"wrong\""));
  const CommandResult found = project.Try(brine + "compile digits.cc --tune --remarks -o tuned");
  EXPECT_EQ(found.code, 0) << found.err;
  EXPECT_THAT(found.err,
              HasSubstr("tune: conv2d/bias.grad by wrong has wrong results and is left out; please report this\n"));
  EXPECT_THAT(found.out, ContainsRegex("  wrong +predicted [0-9.]+ ms on one core, wrong results\n"));
  EXPECT_THAT(project.Run(bench), Not(HasSubstr("\"strategy\": \"wrong\"")));
}

TEST(Tune, RefusesWhatItCannotDo) {
  const Project project;
  const CommandResult both = project.Try("brine compile digits.cc --tune --strategy generic");
  EXPECT_EQ(both.code, 2);
  EXPECT_THAT(both.err, HasSubstr("--tune finds the strategies that --strategy names; give one of the two"));
  const CommandResult number = project.Try("brine compile digits.cc --tune 0");
  EXPECT_EQ(number.code, 2);
  EXPECT_THAT(number.err, HasSubstr("--tune must be a whole number from 1 to 86400, got '0'"));
  const CommandResult word = project.Try("brine compile digits.cc --tune=soon");
  EXPECT_EQ(word.code, 2);
  EXPECT_THAT(word.err, HasSubstr("--tune must be a whole number from 1 to 86400, got 'soon'"));
  const CommandResult output = project.Try("brine compile digits.cc --tune -o data");
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.err, HasSubstr("data: is not a regular file"));
  EXPECT_THAT(output.err, Not(HasSubstr("tune: 1 of")));
  project.Write("frozen.cc",
                "#include <brine.h>\nbrine::Model BuildModel() {\n  using namespace brine;\n  Sequential net(\"f\", "
                "Input({3}));\n  net.Add(Dense({.units = 2}));\n  return net;\n}\nBRINE_MODEL(BuildModel)\n");
  const CommandResult without = project.Try("brine compile frozen.cc --tune");
  EXPECT_EQ(without.code, 3);
  EXPECT_THAT(without.err, HasSubstr("so there is no training step to tune"));
}

}  // namespace
}  // namespace brine
