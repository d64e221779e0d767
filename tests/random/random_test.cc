// Takes fifty random models through the whole compiler.  The passes and the default way to compile a step are checked
// with all of them.  There are seven other ways, such as without a pass, with generic kernels only, or with Halide's
// checks.  Each model takes two of these, so that each way is checked with fourteen models.  All ways with all models
// would take too long, since their kernels differ and must be compiled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "codegen/driver/build_step.h"
#include "frontend/graph_of.h"
#include "ir/losses.h"
#include "ir/op.h"
#include "ir/proto/proto.h"
#include "passes/regions.h"
#include "tests/random/check.h"
#include "tests/random/generate.h"

namespace brine {
namespace {

constexpr uint32_t kModels = 50;

std::vector<StepOptions> Variants() {
  std::vector<StepOptions> variants;
  for (const char* pass : {"canonicalize", "fold-constants", "simplify", "cse", "dce"}) {
    variants.push_back({.name = absl::StrCat("without ", pass)});
    variants.back().pipeline.without = {pass};
  }
  variants.push_back({.name = "generic only"});
  variants.back().pipeline.generic_only = true;
  variants.push_back({.name = "with asserts", .asserts = true});
  return variants;
}

void Expect(const std::optional<Fault>& fault) {
  EXPECT_FALSE(fault.has_value()) << Name(fault->check) << ": " << fault->what;
}

class RandomModels : public testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override {
    const absl::StatusOr<ir::Graph> model = RandomGraph(GetParam());
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = *model;
    ASSERT_LE(model_.layers.size(), 12u);
  }
  // Saves the model of a failed test to a file that `brine` can read.
  void TearDown() override {
    if (!HasFailure()) return;
    const std::string path = absl::StrCat(testing::TempDir(), "random_", GetParam(), ".ir");
    EXPECT_TRUE(ir::SaveGraphs({model_}, path).ok());
    std::printf("the model of seed %u: %s\n", GetParam(), path.c_str());
  }
  ir::Graph model_;
};

TEST_P(RandomModels, AreRightAfterEveryPass) {
  ir::Graph planned;
  Expect(CheckPasses(model_, planned));
}

TEST_P(RandomModels, AreCompiledRight) { Expect(CheckStep(model_, {.name = "default", .threads = {1, 2, 3}})); }

TEST_P(RandomModels, AreCompiledRightInOtherWays) {
  const std::vector<StepOptions> variants = Variants();
  for (uint32_t way : {GetParam(), GetParam() + 3}) Expect(CheckStep(model_, variants[way % variants.size()]));
}

// Fusion decides what joins a contraction, and code generation reads the result as a spec.  Where they disagree, only
// *generic* can build the kernel: the results are right, and no other test fails.
TEST_P(RandomModels, ContractionsKeepTheStrategiesOfTheirForm) {
  ir::Graph planned;
  Expect(CheckPasses(model_, planned));
  codegen::BuildOptions build;
  build.cache_folder = BRINE_BINARY_DIR "/cache";
  const auto facts = codegen::ConsiderStrategies(planned, build);
  ASSERT_TRUE(facts.ok()) << facts.status();
  for (size_t index = 0; index < planned.nodes.size(); ++index) {
    const ir::Node& kernel = planned.nodes[index];
    if (kernel.region != passes::kContraction) continue;
    EXPECT_GT((*facts)[index].candidates.size(), 1u) << planned.value(kernel.outputs[0]).name;
  }
}

// Without this test, a change of the generator could leave out an op, a loss or a region, and no other test would fail.
// Ops that a pass replaces by others, such as in_train_phase, must be in a model, and all others in a kernel.
TEST(Generator, ReachesEveryOpLossAndRegion) {
  std::set<std::string> ops, losses, regions;
  for (const ir::Op* op : ir::AllOps()) ops.insert(op->name);
  for (const ir::Loss& loss : ir::AllLosses()) losses.insert(loss.name);
  for (const passes::Region& region : passes::AllRegions()) regions.insert(region.name);
  std::set<size_t> outputs;
  for (uint32_t seed = 1; seed <= 4 * kModels; ++seed) {
    const ir::Graph model = RandomGraph(seed).value();
    EXPECT_LE(model.layers.size(), 12u) << seed;
    outputs.insert(model.outputs.size());
    for (const ir::Objective& objective : model.training.objectives) losses.erase(objective.loss);
    for (const ir::Node& node : model.nodes) {
      if (node.op == &ir::kInTrainPhase || node.op == &ir::kStopGradient) ops.erase(node.op->name);
    }
    ir::Graph planned;
    Expect(CheckPasses(model, planned));
    for (const ir::Node& node : planned.nodes) {
      if (!node.is_kernel()) ops.erase(node.op->name);
      regions.erase(node.region);
      for (const ir::Node& inner : node.body) ops.erase(inner.op->name);
    }
  }
  EXPECT_THAT(ops, testing::IsEmpty());
  EXPECT_THAT(losses, testing::IsEmpty());
  EXPECT_THAT(outputs, testing::ElementsAre(1, 2));
  EXPECT_THAT(regions, testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomModels, testing::Range(uint32_t{1}, kModels + 1),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace brine
