// Tests that the number of threads changes only the time.
#include "tests/e2e/project.h"

namespace brine {
namespace {

// 50 steps of the tutorial network, whose kernels divide their work among threads in the most ways, with a partial
// batch.
TEST(Threads, WeightsAfter50StepsAreTheSameBits) {
  const Project project;
  project.WriteCifar10(32 * 49 + 13);
  std::string reference;
  for (const char* threads : {"1", "2", "3", "4"}) {
    const std::string test =
        project.Run(std::string("rm -f w && brine train " BRINE_SOURCE_DIR
                                "/examples/cifar10_cnn/model.cc --data . --quiet --save w --threads ") +
                    threads);
    const std::string weights = test + project.Read("w");
    if (reference.empty()) reference = weights;
    EXPECT_GT(weights.size(), 1000000u);
    EXPECT_TRUE(weights == reference) << threads << " threads";
  }
}

}  // namespace
}  // namespace brine
