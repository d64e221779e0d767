// Tests the whole text of brine summary for one model.
#include "tests/e2e/project.h"
#include "tests/golden.h"

namespace brine {
namespace {

TEST(Summary, OfTheTutorialNetworkIsTheGoldenOne) {
  ExpectGolden(RunCommand("brine summary " BRINE_SOURCE_DIR "/examples/cifar10_cnn/model.cc").out,
               "e2e/golden/summary.txt");
}

}  // namespace
}  // namespace brine
