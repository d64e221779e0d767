// One golden file for each pass: cases as text, before and after, and cases that it must leave as they are.
#include "tests/golden.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/passes/golden_cases.h"
#include "tests/passes/pass_test_util.h"

namespace brine::passes {
namespace {

class GoldenTest : public testing::TestWithParam<int> {
 protected:
  static const Pass& Tested() { return AllPasses()[static_cast<size_t>(GetParam())]; }
};

TEST_P(GoldenTest, BeforeAndAfter) {
  const std::string path = absl::StrCat("passes/golden/", absl::StrReplaceAll(Tested().name, {{"-", "_"}}), ".ir");
  std::string text;
  int changes = 0, refusals = 0;
  for (const GoldenCase& one : CasesOf(ReadGolden(path))) {
    SCOPED_TRACE(one.heading);
    ir::Graph graph = GraphFrom(one.text);
    std::vector<std::string> remarks;
    PipelineOptions options;
    options.only = {Tested().name};
    options.remarks = &remarks;
    const absl::StatusOr<bool> changed = RunPipeline(graph, options);
    absl::StrAppend(&text, one.heading, "\n", one.text);
    if (absl::StartsWith(one.heading, "## error")) {
      ++refusals;
      ASSERT_FALSE(changed.ok());
      for (absl::string_view line : absl::StrSplit(changed.status().message(), '\n'))
        absl::StrAppend(&text, "#! ", line, "\n");
      continue;
    }
    ASSERT_TRUE(changed.ok()) << changed.status();
    for (const std::string& remark : remarks) absl::StrAppend(&text, "#! ", remark, "\n");
    if (absl::StartsWith(one.heading, "## unchanged")) {
      ++refusals;
      EXPECT_FALSE(*changed) << ir::Print(graph);
      continue;
    }
    ++changes;
    EXPECT_TRUE(*changed);
    absl::StrAppend(&text, "## after\n", ir::Print(graph));
  }
  EXPECT_GT(changes, 0) << path << " needs a case in which the pass fires";
  EXPECT_GT(refusals, 0) << path << " needs a case in which the pass must not fire";
  ExpectGolden(text, path);
}

INSTANTIATE_TEST_SUITE_P(Passes, GoldenTest, testing::Range(0, static_cast<int>(AllPasses().size())),
                         [](const testing::TestParamInfo<int>& info) {
                           return absl::StrReplaceAll(AllPasses()[static_cast<size_t>(info.param)].name, {{"-", "_"}});
                         });

}  // namespace
}  // namespace brine::passes
