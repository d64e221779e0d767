// Tests how training data are divided.
#include "frontend/data/split.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "tests/data/samples.h"

namespace brine {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

int64_t Count(const std::vector<bool>& chosen) { return std::accumulate(chosen.begin(), chosen.end(), int64_t{0}); }

// How many samples of each class are chosen.
std::vector<int64_t> CountByClass(const std::vector<int32_t>& classes, double share, uint64_t seed) {
  const std::vector<bool> chosen = ChooseTestSamples(static_cast<int64_t>(classes.size()), classes, share, seed);
  std::vector<int64_t> counts;
  for (size_t sample = 0; sample < classes.size(); ++sample) {
    counts.resize(std::max(counts.size(), static_cast<size_t>(classes[sample]) + 1));
    counts[static_cast<size_t>(classes[sample])] += chosen[sample];
  }
  return counts;
}

TEST(Split, TakesTheShareOfEachClass) {
  std::vector<int32_t> classes(100, 0);
  classes.insert(classes.end(), 11, 1);
  classes.insert(classes.end(), 2, 2);
  classes.insert(classes.end(), 1, 3);
  EXPECT_THAT(CountByClass(classes, 0.2, 0), ElementsAre(20, 2, 1, 0));
  EXPECT_THAT(CountByClass(classes, 0.001, 0), ElementsAre(1, 1, 1, 0));
  EXPECT_THAT(CountByClass(classes, 0.999, 0), ElementsAre(99, 10, 1, 0));
  EXPECT_THAT(CountByClass(classes, 0, 0), Each(0));
}

TEST(Split, WithoutClassesTakesTheShareOfAll) {
  EXPECT_EQ(Count(ChooseTestSamples(1000, {}, 0.25, 3)), 250);
  EXPECT_EQ(Count(ChooseTestSamples(1, {}, 0.5, 3)), 0);
  EXPECT_EQ(Count(ChooseTestSamples(2, {}, 0.01, 3)), 1);
}

TEST(Split, DependsOnTheSeedAndNotOnTheOrderOfClasses) {
  const std::vector<int32_t> classes(1000, 0);
  const std::vector<bool> first = ChooseTestSamples(1000, classes, 0.2, 1);
  EXPECT_EQ(first, ChooseTestSamples(1000, classes, 0.2, 1));
  EXPECT_NE(first, ChooseTestSamples(1000, classes, 0.2, 2));
  // The samples of a class are drawn alike whatever the classes of the others are.
  std::vector<int32_t> other = classes;
  for (size_t sample = 500; sample < 1000; ++sample) other[sample] = 1;
  std::vector<int32_t> swapped = classes;
  for (size_t sample = 500; sample < 1000; ++sample) swapped[sample] = 7;
  const std::vector<bool> a = ChooseTestSamples(1000, other, 0.2, 1), b = ChooseTestSamples(1000, swapped, 0.2, 1);
  EXPECT_TRUE(std::equal(a.begin(), a.begin() + 500, b.begin()));
  EXPECT_FALSE(std::equal(a.begin() + 500, a.end(), b.begin() + 500));
  // They are spread over the whole: each tenth has about a tenth of them.
  for (int tenth = 0; tenth < 10; ++tenth) {
    const int64_t count = Count({first.begin() + 100 * tenth, first.begin() + 100 * (tenth + 1)});
    EXPECT_GE(count, 8) << tenth;
    EXPECT_LE(count, 34) << tenth;
  }
}

TEST(Split, MovesTheSamplesWithTheirLabels) {
  std::vector<float> samples(40);
  std::iota(samples.begin(), samples.end(), 0.0f);
  std::vector<int32_t> labels;
  for (int sample = 0; sample < 20; ++sample) labels.push_back(sample % 2);
  Source source;
  source.splits.train = Dataset(20, samples, labels);
  source.splits.train.class_names = {"even", "odd"};
  source.train_classes = labels;
  SplitOffTestData(source, 0.2, 5);
  ASSERT_EQ(source.splits.test.size(), 4);
  ASSERT_EQ(source.splits.train.size(), 16);
  EXPECT_THAT(source.splits.test.class_names, ElementsAre("even", "odd"));
  std::vector<double> all;
  for (const Dataset* data : {&source.splits.train, &source.splits.test}) {
    double last = -1;
    for (int64_t index = 0; index < data->size(); ++index) {
      const std::vector<double> sample = ReadSample(*data, index, 0);
      EXPECT_EQ(sample[1], sample[0] + 1);
      EXPECT_EQ(ReadSample(*data, index, 1)[0], static_cast<int>(sample[0] / 2) % 2);
      EXPECT_GT(sample[0], last);  // they keep their order
      last = sample[0];
      all.push_back(sample[0]);
    }
  }
  std::sort(all.begin(), all.end());
  for (size_t sample = 0; sample < 20; ++sample) EXPECT_EQ(all[sample], 2.0 * static_cast<double>(sample));
  EXPECT_EQ(source.train_classes, LabelsOf(source.splits.train));
  // Data that have test data already are left alone.
  SplitOffTestData(source, 0.5, 5);
  EXPECT_EQ(source.splits.test.size(), 4);
}

TEST(Split, ClassesAreNumbersThatOccurOften) {
  EXPECT_TRUE(AreClasses(std::vector<int32_t>{0, 1, 1, 0}));
  EXPECT_FALSE(AreClasses(std::vector<int32_t>{0, 1, 2, 0}));
  EXPECT_FALSE(AreClasses(std::vector<int32_t>{0, -1, -1, 0}));
  EXPECT_FALSE(AreClasses({}));
}

}  // namespace
}  // namespace brine
