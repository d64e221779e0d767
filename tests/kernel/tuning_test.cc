// What tuning has found is kept by the kernel, the target and the compiler, and the next compilation takes it.
#include "codegen/driver/tuning.h"

#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "codegen/driver/files.h"
#include "ir/text/text.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

// Two kernels that differ only in a width.
constexpr char kGraph[] = R"(graph "products" stage=fused function=predict batch=8 {
  input %x : f32[n,24] data
  input %a : f32[24,16] data
  input %b : f32[24,32] data
  %p = matmul(%x, %a) : f32[n,16]
  %q = matmul(%x, %b) : f32[n,32]
  output "p" = %p
  output "q" = %q
}
)";

class TuningTest : public testing::Test {
 protected:
  TuningTest()
      : folder_(TemporaryFolder::Create().value()),
        cache_(Cache::Open(folder_.path() + "/cache").value()),
        graph_(ir::Parse(kGraph, "products.ir").value().front()),
        signature_(KernelSignature(graph_, graph_.nodes[0])) {}

  // The strategies by which the two kernels would be built.
  std::vector<std::string> Chosen(const Tuning& tuning) const {
    BuildOptions options = TestOptions();
    options.strategy = tuning.strategies();
    const std::vector<KernelFacts> kernels = ConsiderStrategies(graph_, options).value();
    std::vector<std::string> strategies;
    for (const KernelFacts& facts : kernels) strategies.push_back(facts.strategy);
    return strategies;
  }

  TemporaryFolder folder_;
  Cache cache_;
  ir::Graph graph_;
  std::string signature_;  // of the first kernel
};

TEST_F(TuningTest, AKernelThatWasNotTunedHasTheCheapestStrategy) {
  const Tuning tuning(cache_, "target");
  EXPECT_EQ(tuning.Find(signature_), "");
  const std::vector<KernelFacts> facts = ConsiderStrategies(graph_, TestOptions()).value();
  EXPECT_EQ(Chosen(tuning), std::vector<std::string>({facts[0].strategy, facts[1].strategy}));
}

TEST_F(TuningTest, TheStrategyThatIsKeptIsTakenForThisKernelOnly) {
  const Tuning tuning(cache_, "target");
  const std::vector<std::string> before = Chosen(tuning);
  ASSERT_NE(before[0], "generic-split-depth");
  ASSERT_TRUE(tuning.Keep(signature_, "generic-split-depth").ok());
  EXPECT_EQ(Tuning(cache_, "target").Find(signature_), "generic-split-depth");
  EXPECT_EQ(Chosen(tuning), std::vector<std::string>({"generic-split-depth", before[1]}));
  ASSERT_TRUE(tuning.Keep(signature_, "").ok());
  EXPECT_EQ(Chosen(tuning), before);
}

TEST_F(TuningTest, AnotherTargetHasFindingsOfItsOwn) {
  ASSERT_TRUE(Tuning(cache_, "target").Keep(signature_, "generic").ok());
  EXPECT_EQ(Tuning(cache_, "other").Find(signature_), "");
}

TEST_F(TuningTest, TheNamesOfValuesAndTheirPlacesDoNotMatter) {
  ir::Graph renamed = ir::Parse(absl::StrReplaceAll(kGraph, {{"%p", "%product"}, {"%a", "%weights"}}), "r.ir")->front();
  EXPECT_EQ(KernelSignature(renamed, renamed.nodes[0]), signature_);
  EXPECT_NE(KernelSignature(graph_, graph_.nodes[1]), signature_);
}

}  // namespace
}  // namespace brine::codegen
