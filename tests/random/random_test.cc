// Fifty random models through the whole compiler.  The passes and the default step are checked on all of them; of the other ways to compile
// a model (a pass left out, generic kernels only, Halide's checks on) each model takes one, so that each way meets seven or more models: their
// kernels are others and must be compiled.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "frontend/graph_of.h"
#include "ir/text.h"
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

class RandomModels : public testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override {
    const absl::StatusOr<ir::Graph> model = BuildGraph(RandomModel(GetParam()));
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = *model;
    ASSERT_LE(model_.layers.size(), 12u);
  }
  static void Expect(const std::optional<Fault>& fault) { EXPECT_FALSE(fault.has_value()) << Name(fault->check) << ": " << fault->what; }

  ir::Graph model_;
};

TEST_P(RandomModels, AreRightAfterEveryPass) {
  ir::Graph planned;
  Expect(CheckPasses(model_, planned));
}

TEST_P(RandomModels, AreCompiledRight) { Expect(CheckStep(model_, {.name = "default", .threads = {1, 2, 3}})); }

TEST_P(RandomModels, AreCompiledRightInAnotherWay) {
  const std::vector<StepOptions> variants = Variants();
  Expect(CheckStep(model_, variants[GetParam() % variants.size()]));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomModels, testing::Range(uint32_t{1}, kModels + 1));

}  // namespace
}  // namespace brine
