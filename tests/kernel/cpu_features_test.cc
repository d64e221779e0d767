// The features of processors that targets name.
#include "codegen/driver/cpu_features.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "codegen/driver/cache.h"
#include "codegen/driver/compile.h"
#include "codegen/driver/files.h"
#include "codegen/driver/toolchain.h"
#include "runtime/core/cpu.h"

namespace brine::codegen {
namespace {

using Words = std::vector<std::string>;

TEST(CpuFeatures, AreThoseOfAllWordsOnce) {
  EXPECT_EQ(CpuFeatures("x86-64-linux"), Words());
  EXPECT_EQ(CpuFeatures("x86-64-linux-tune_znver4-sse41-avx-avx512-avx512_skylake"),
            (Words{"sse4.1", "avx", "avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq"}));
}

TEST(CpuFeatures, AWordWithoutATestIsNamed) {
  const std::string target = "x86-64-linux-avx-fma4-avx10_1-fma";
  EXPECT_EQ(UntestableFeatures(target), (Words{"fma4", "avx10_1"}));
  EXPECT_EQ(TestableTarget(target), "x86-64-linux-avx-fma");
  const std::string all = absl::StrCat("x86-64-linux-", absl::StrJoin(TestableFeatures(), "-"));
  EXPECT_EQ(UntestableFeatures(all), Words());
  EXPECT_EQ(TestableTarget(all), all);
}

// A name that the runtime does not know counts as lacking.
TEST(CpuFeatures, ThisMachineHasThoseOfItsTarget) {
  const TemporaryFolder folder = TemporaryFolder::Create().value();
  const Cache cache = Cache::Open(folder.path() + "/cache").value();
  const std::string target = HostTarget(FindToolchain().value().worker, cache).value();
  const Words features = CpuFeatures(target);
  std::vector<const char*> names;
  for (const std::string& feature : features) names.push_back(feature.c_str());
  names.push_back(nullptr);
  char missing[256];
  EXPECT_EQ(brine_missing_cpu_features(names.data(), missing, sizeof missing), 0) << missing;
}

}  // namespace
}  // namespace brine::codegen
