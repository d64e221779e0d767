// Tests what is said about data sets.
#include "frontend/data/describe.h"

#include <gmock/gmock.h>

#include <cmath>

#include "frontend/data/pack.h"
#include "tests/data/scratch.h"

namespace brine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kTrain[] = "a,t,y\n1,u,no\n2,v,yes\n4,u,no\n1000001,v,no\n",
               kTest[] = "a,t,y\n4,u,yes\n5,v,no\n2,v,yes\n";

TEST(Describe, CountsMeasuresAndFindsDuplicates) {
  const Scratch scratch;
  scratch.Write("set/train.csv", kTrain);
  scratch.Write("set/test.csv", kTest);
  const Source source = OpenSource(scratch.path("set"), {});
  for (const int threads : {1, 2}) {
    const DataFacts facts = Describe(source, {.threads = threads});
    EXPECT_EQ(facts.train.samples, 4);
    EXPECT_THAT(facts.train.of_class, ElementsAre(3, 1));
    EXPECT_THAT(facts.test.of_class, ElementsAre(1, 2));
    EXPECT_EQ(facts.validation.samples, 0);
    ASSERT_EQ(facts.mean.size(), 3u);  // a, t=u, t=v
    EXPECT_DOUBLE_EQ(facts.mean[0], 250002);
    EXPECT_DOUBLE_EQ(facts.mean[1], 0.5);
    const double squares = std::pow(250001, 2) + std::pow(250000, 2) + std::pow(249998, 2) + std::pow(749999, 2);
    EXPECT_DOUBLE_EQ(facts.variance[0], squares / 4);
    EXPECT_DOUBLE_EQ(facts.variance[2], 0.25);
    // Labels do not matter: row 0 of the test data is row 2 of the training data.
    EXPECT_EQ(facts.duplicate_count, 2);
    ASSERT_EQ(facts.duplicates.size(), 2u);
    EXPECT_EQ(facts.duplicates[0].sample, "0");
    EXPECT_EQ(facts.duplicates[0].train, "2");
    EXPECT_EQ(facts.duplicates[1].sample, "2");
    EXPECT_EQ(facts.duplicates[1].train, "1");
  }
}

TEST(Describe, APackedFileIsDescribedAsItsSource) {
  const Scratch scratch;
  scratch.Write("set/train.csv", kTrain);
  scratch.Write("set/test.csv", kTest);
  Pack(OpenSource(scratch.path("set"), {}), scratch.path("set.brd"), {});
  const Source packed = OpenSource(scratch.path("set.brd"), {});
  EXPECT_EQ(packed.kind, "a packed file (.brd)");
  EXPECT_THAT(packed.splits.train.element_names, ElementsAre("a", "t=u", "t=v"));
  EXPECT_THAT(packed.train_classes, ElementsAre(0, 1, 0, 0));
  const DataFacts facts = Describe(packed, {});
  EXPECT_THAT(facts.test.of_class, ElementsAre(1, 2));
  EXPECT_EQ(facts.duplicate_count, 2);
  // What is packed stays as it was divided.
  Pack(OpenSource(scratch.path("set/train.csv"), {.test_split = 0}), scratch.path("whole.brd"), {});
  EXPECT_EQ(OpenSource(scratch.path("whole.brd"), {.test_split = 0.5}).splits.test.size(), 0);
}

// Picture formats are tested elsewhere; a PPM is simple enough to write here.
std::string Ppm(int width, int height, char value) {
  return "P6 " + std::to_string(width) + " " + std::to_string(height) + " 255\n" +
         std::string(static_cast<size_t>(3 * width * height), value);
}

TEST(Describe, PicturesHaveSizesNamesAndFaults) {
  const Scratch scratch;
  scratch.Write("set/train/cat/1.ppm", Ppm(2, 2, 10));
  scratch.Write("set/train/cat/2.ppm", Ppm(4, 2, 20));
  scratch.Write("set/train/dog/1.ppm", Ppm(2, 2, 30));
  scratch.Write("set/test/dog/9.ppm", Ppm(2, 2, 20));
  const DataOptions options = {.height = 2, .width = 2};
  const auto [shown, sizes] = OpenToShow(scratch.path("set"), {});
  EXPECT_THAT(sizes, ElementsAre(Pair(Pair(2, 2), 3), Pair(Pair(4, 2), 1)));
  EXPECT_EQ(shown.splits.test.fields()[0].width, kShownSize);
  EXPECT_EQ(shown.splits.test.class_names.size(), 2u);
  const DataFacts facts = Describe(OpenSource(scratch.path("set"), options), options);
  EXPECT_THAT(facts.mean, ElementsAre(20, 20, 20));
  ASSERT_EQ(facts.duplicates.size(), 1u);
  EXPECT_EQ(facts.duplicates[0].sample, "test/dog/9.ppm");
  EXPECT_EQ(facts.duplicates[0].train, "train/cat/2.ppm");
  scratch.Write("set/train/dog/2.ppm", Ppm(2, 2, 30).substr(0, 20));
  EXPECT_EQ(ErrorOf(scratch, [&] { Describe(OpenSource(scratch.path("set"), options), options); })
                .rfind("3: set/train/dog/2.ppm: ", 0),
            0u);
  DataOptions skip = options;
  skip.skip_broken = true;
  EXPECT_EQ(Describe(OpenSource(scratch.path("set"), skip), skip).broken, 1);
  EXPECT_THAT(OpenToShow(Golden("arrays/u1.npz"), {}).sizes, IsEmpty());
}

}  // namespace
}  // namespace brine
