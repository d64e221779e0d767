// Which strategies the costs choose where the wrong one takes several times as long.
#include <gtest/gtest.h>

#include "ir/text/text.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

// A product with wide weights, and one with deep transposed ones.  As a strategy of tiles, *generic* would read the
// former again for each of them and copy the latter element by element.  The small one is left to it.
constexpr char kGraph[] = R"(graph "products" stage=fused function=train batch=64 {
  input %x : f32[n,3072] data
  input %w : f32[3072,2048] data
  input %d : f32[n,1024] data
  input %v : f32[1024,1024] data
  input %s : f32[n,256] data
  input %u : f32[256,256] data
  %wide = matmul(%x, %w) : f32[n,2048]
  %deep = matmul(%d, %v) {transpose_b=true} : f32[n,1024]
  %small = matmul(%s, %u) : f32[n,256]
  output "wide" = %wide
  output "deep" = %deep
  output "small" = %small
}
)";

std::vector<std::string> Chosen(const std::string& target) {
  const ir::Graph graph = ir::Parse(kGraph, "products.ir").value().front();
  BuildOptions options = TestOptions();
  options.target = target;
  const std::vector<KernelFacts> kernels = ConsiderStrategies(graph, options).value();
  std::vector<std::string> strategies;
  for (const KernelFacts& facts : kernels) strategies.push_back(facts.strategy);
  return strategies;
}

TEST(Choice, WeightsAreNeitherReadForEachTileNorCopiedElementByElement) {
  const std::string avx512 = "x86-64-linux-avx-avx2-avx512-avx512_skylake-f16c-fma-sse41";
  for (const std::string& target : {avx512, avx512 + "-avx512_cannonlake-avx512_sapphirerapids"}) {
    EXPECT_EQ(Chosen(target), (std::vector<std::string>{"generic-split-depth", "dots", "generic"})) << target;
  }
}

}  // namespace
}  // namespace brine::codegen
