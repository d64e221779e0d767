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

// A line of the report names the strategy that the next compilation takes.
TEST(Tune, TheNextCompilationTakesWhatWasFound) {
  const Project project;
  const std::string cache = "BRINE_CACHE=$PWD/cache ";
  const std::string found = project.Run(cache + "brine compile digits.cc --tune -o tuned"),
                    bench = project.Run(cache + "brine bench digits.cc --steps 2 --warm-up 0 --json");
  std::istringstream lines(found);
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(": "), comma = line.find(", ", colon);
    if (colon == std::string::npos || line.find(" ms instead of ") == std::string::npos) continue;
    const std::string kernel = line.substr(0, colon), strategy = line.substr(colon + 2, comma - colon - 2);
    EXPECT_THAT(bench, ContainsRegex("\"name\": ?\"" + kernel + "\"[^}]*\"strategy\": ?\"" + strategy + "\""));
  }
  // Nothing is compiled again.
  project.Run(cache + "brine compile digits.cc -o again && cmp tuned again");
}

TEST(Tune, RefusesWhatItCannotDo) {
  const Project project;
  const CommandResult both = project.Try("brine compile digits.cc --tune --strategy generic");
  EXPECT_EQ(both.code, 2);
  EXPECT_THAT(both.err, HasSubstr("--tune finds the strategies that --strategy names; give one of the two"));
  const CommandResult number = project.Try("brine compile digits.cc --tune 0");
  EXPECT_EQ(number.code, 2);
  EXPECT_THAT(number.err, HasSubstr("--tune"));
  const CommandResult word = project.Try("brine compile digits.cc --tune=soon");
  EXPECT_EQ(word.code, 2);
  EXPECT_THAT(word.err, HasSubstr("--tune"));
}

}  // namespace
}  // namespace brine
