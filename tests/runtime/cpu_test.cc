// The features that the runtime finds in the processor, beside those that the compiler's own test finds.
#include "runtime/core/cpu.h"

#include <gtest/gtest.h>

namespace brine {
namespace {

// Whether the runtime finds the one feature of this name.
bool Has(const char* name) {
  const char* const names[] = {name, nullptr};
  char missing[64];
  return brine_missing_cpu_features(names, missing, sizeof missing) == 0;
}

#if defined(__x86_64__)
TEST(Cpu, FeaturesAreThoseThatTheCompilersTestFinds) {
  __builtin_cpu_init();
#define EXPECT_SAME(name) EXPECT_EQ(Has(name), __builtin_cpu_supports(name) != 0) << name
  EXPECT_SAME("sse4.1");
  EXPECT_SAME("avx");
  EXPECT_SAME("avx2");
  EXPECT_SAME("fma");
  EXPECT_SAME("avx512f");
  EXPECT_SAME("avx512cd");
  EXPECT_SAME("avx512bw");
  EXPECT_SAME("avx512dq");
  EXPECT_SAME("avx512vl");
  EXPECT_SAME("avx512ifma");
  EXPECT_SAME("avx512vbmi");
  EXPECT_SAME("avx512vbmi2");
  EXPECT_SAME("avx512vnni");
  EXPECT_SAME("avx512bf16");
#undef EXPECT_SAME
}
#endif

TEST(Cpu, AnUnknownFeatureIsMissing) { EXPECT_FALSE(Has("warp")); }

}  // namespace
}  // namespace brine
