// Every stage in every form, the passes one by one, and what they say.
#include <gmock/gmock.h>

#include "tests/e2e/folder.h"

namespace brine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class InspectTest : public FolderTest {};

TEST_F(InspectTest, PrintsEveryStageInEveryForm) {
  for (const char* stage : {"graph", "train", "fused", "planned"}) {
    const std::string flags = std::string(" --stage ") + stage;
    const CommandResult text = Here("brine inspect model.cc" + flags + " | tee graph.ir");
    EXPECT_THAT(text.out, StartsWith("graph \"small\" stage=" + std::string(stage))) << text.err;
    // Each form reads back as the same text.
    for (const char* form : {"pb", "pbtxt"}) {
      const std::string file = std::string("graph.") + form;
      ASSERT_EQ(Here("brine inspect model.cc" + flags + " --format " + form + " >" + file).code, 0);
      EXPECT_EQ(Here("brine inspect " + file + flags).out, text.out) << stage << " " << form;
    }
    EXPECT_EQ(Here("brine inspect graph.ir" + flags).out, text.out) << stage;
    EXPECT_THAT(Here("brine inspect model.cc --format dot" + flags).out, StartsWith("digraph")) << stage;
  }
}

TEST_F(InspectTest, PrintsAMemoryPlanAsATable) {
  const std::string table = Here("brine inspect model.cc --stage planned --format table").out;
  EXPECT_THAT(table, testing::MatchesRegex("value +bytes +place +first +last\n%.*"));
  EXPECT_THAT(table, HasSubstr("%conv2d/kernel"));
}

TEST_F(InspectTest, SaysWhichFusionWasDeclined) {
  Write("shared.cc", R"(#include <brine.h>
brine::Model BuildModel() {
  using namespace brine;
  Tensor x = Input({8, 8, 1}), y = Conv2D({.filters = 4, .kernel_size = 3})(x);
  Tensor z = Add({Flatten()(MaxPooling2D({.pool_size = 6})(y)), GlobalAveragePooling2D()(y)});
  Model model("shared", x, z);
  return model;
}
BRINE_MODEL(BuildModel)
)");
  const CommandResult remarks = Here("brine inspect shared.cc --stage fused --function predict --remarks");
  EXPECT_EQ(remarks.code, 0) << remarks.err;
  EXPECT_THAT(remarks.err, HasSubstr("shared.cc:5: max_pool not fused: its input is also read by ")) << remarks.out;
}

TEST_F(InspectTest, DumpsTheGraphAfterEachPassThatChangedIt) {
  ASSERT_EQ(Here("brine compile model.cc -o small --dump-ir=dump").code, 0);
  const std::string files = Here("ls dump/train").out;
  for (const char* pass : {"add-loss", "canonicalize", "autodiff", "add-optimizer", "fuse", "plan-memory"}) EXPECT_THAT(files, HasSubstr(std::string(pass) + ".ir"));
  EXPECT_EQ(Here("cat dump/train/*plan-memory.ir").out, Here("brine inspect model.cc --stage planned").out);
}

TEST_F(InspectTest, RunsPassesOnAFile) {
  ASSERT_EQ(Here("brine inspect model.cc --stage graph >graph.ir").code, 0);
  EXPECT_EQ(Here("brine opt graph.ir").out, Here("brine inspect model.cc --stage planned").out);
  EXPECT_THAT(Here("brine opt graph.ir --passes=add-loss,autodiff").out, HasSubstr("conv2d_grad_filter"));
  EXPECT_THAT(Here("brine opt graph.ir --stop-after=1").out, HasSubstr("log_softmax"));
  EXPECT_THAT(Here("brine opt graph.ir --print-after=canonicalize").out, testing::Not(HasSubstr("conv2d_grad_filter")));
  const std::string without = Here("brine opt graph.ir --without=canonicalize --stop-after=8").out, with = Here("brine opt graph.ir --stop-after=8").out;
  EXPECT_NE(without, with);
  const std::string list = Here("brine opt --list-passes").out;
  std::vector<std::string> names;
  std::istringstream lines(list);
  for (std::string line; std::getline(lines, line);) names.push_back(line.substr(0, line.find(' ')));
  EXPECT_THAT(names, ElementsAre("add-loss", "canonicalize", "autodiff", "add-optimizer", "fold-constants", "simplify", "cse", "dce", "fuse", "plan-memory"));
}

}  // namespace
}  // namespace brine
