// Tests the means and variances that programs learn from training data, with the softmax program and two additional
// variables.
#include "runtime/trainer/data_statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "runtime/core/state.h"
#include "runtime/trainer/trainer.h"
#include "tests/runtime/softmax_program.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Eq;

constexpr int kChannels = 3;

// A softmax program with a mean and a variance of the channels of its input.
class Program {
 public:
  explicit Program(const brine_program& base)
      : variables_(base.variables, base.variables + base.variable_count), program(base) {
    const auto add = [&](const char* name, brine_initializer initializer, int64_t offset, double argument) {
      variables_.push_back({.name = name,
                            .dtype = BRINE_F32,
                            .block = BRINE_NON_TRAINABLE,
                            .role = BRINE_ROLE_STATISTIC,
                            .rank = 1,
                            .initializer = static_cast<uint8_t>(initializer),
                            .dims = {kChannels},
                            .offset = offset,
                            .argument = argument,
                            .mean = 0,
                            .id = 0,
                            .location = "model.cc:4",
                            .data = "x"});
    };
    add("normalization/mean", BRINE_DATA_MEAN, 0, 0);
    add("normalization/variance", BRINE_DATA_VARIANCE, 64, 1);
    program.variables = variables_.data();
    program.variable_count = static_cast<int32_t>(variables_.size());
    program.block_bytes[BRINE_NON_TRAINABLE] = 128;
  }
  Program(const Program&) = delete;

 private:
  std::vector<brine_variable> variables_;

 public:
  brine_program program;
};

std::vector<float> Content(Trainer& trainer, int32_t from_the_end) {
  std::vector<float> content(kChannels);
  const int32_t index = trainer.program().variable_count - from_the_end;
  std::memcpy(content.data(), brine_variable_data(trainer.state(), index), kChannels * sizeof(float));
  return content;
}
std::vector<float> Mean(Trainer& trainer) { return Content(trainer, 2); }
std::vector<float> Variance(Trainer& trainer) { return Content(trainer, 1); }

struct Moments {
  std::vector<float> mean, variance;
};

// The moments of elements [position, channel], by their definition.
template <typename Element>
Moments MomentsOf(const std::vector<Element>& elements) {
  Moments moments;
  const auto count = static_cast<double>(elements.size() / kChannels);
  for (size_t channel = 0; channel < kChannels; ++channel) {
    double mean = 0, variance = 0;
    for (size_t i = channel; i < elements.size(); i += kChannels)
      mean += double{static_cast<double>(elements[i])} / count;
    for (size_t i = channel; i < elements.size(); i += kChannels)
      variance += std::pow(static_cast<double>(elements[i]) - mean, 2) / count;
    moments.mean.push_back(static_cast<float>(mean));
    moments.variance.push_back(static_cast<float>(variance));
  }
  return moments;
}

void ExpectMoments(Trainer& trainer, const Moments& wanted) {
  for (size_t channel = 0; channel < kChannels; ++channel) {
    EXPECT_FLOAT_EQ(Mean(trainer)[channel], wanted.mean[channel]) << channel;
    EXPECT_FLOAT_EQ(Variance(trainer)[channel], wanted.variance[channel]) << channel;
  }
}

class DataStatistics : public ::testing::Test {
 protected:
  DataStatistics() : bytes_(kSoftmaxProgram), images_(53) {}

  FitOptions Once() const { return {.epochs = 1, .verbose = false}; }

  Program bytes_;
  Images images_;  // three batches of 16 and one of 5
};

TEST_F(DataStatistics, AreThoseOfAllPixelsOfAllSamples) {
  Trainer trainer(bytes_.program);
  EXPECT_THAT(Mean(trainer), Each(Eq(0.0f)));
  EXPECT_THAT(Variance(trainer), Each(Eq(1.0f)));
  trainer.Evaluate(images_.data());
  EXPECT_THAT(Mean(trainer), Each(Eq(0.0f)));
  trainer.Fit(images_.data(), Once());
  ExpectMoments(trainer, MomentsOf(images_.pixels));
}

// Columns of very different scales, one of which has a mean that is large beside its deviations.
TEST_F(DataStatistics, OfUnequalChannelsAreAccurate) {
  const Program reals(kSparseSoftmaxProgram);
  std::vector<float> samples;
  std::vector<int32_t> labels;
  for (int sample = 0; sample < 37; ++sample) {
    for (int pixel = 0; pixel < kPixels / kChannels; ++pixel) {
      const auto wave = static_cast<float>(std::sin(1.7 * (sample * 64 + pixel)));
      samples.insert(samples.end(), {1e-4f * wave, 1e6f + wave, -3e3f * wave * wave});
    }
    labels.push_back(sample % kClasses);
  }
  Trainer trainer(reals.program);
  LearnDataStatistics(trainer.state(), Dataset(37, std::span<const float>(samples), std::span<const int32_t>(labels)));
  ExpectMoments(trainer, MomentsOf(samples));
}

TEST_F(DataStatistics, DependNeitherOnThreadsNorOnTheBatchSize) {
  Trainer one(bytes_.program, {.threads = 1});
  one.Fit(images_.data(), Once());
  for (int threads : {2, 3}) {
    for (int batch_size : {1, 7, 16}) {
      FitOptions options = Once();
      options.batch_size = batch_size;
      Trainer trainer(bytes_.program, {.seed = 5, .threads = threads});
      trainer.Fit(images_.data(), options);
      EXPECT_EQ(Mean(trainer), Mean(one));
      EXPECT_EQ(Variance(trainer), Variance(one));
    }
  }
}

TEST_F(DataStatistics, AreOfTheTrainingShareOnly) {
  FitOptions options = Once();
  options.validation_split = 0.5;
  Trainer trainer(bytes_.program);
  trainer.Fit(images_.data(), options);
  ExpectMoments(trainer,
                MomentsOf(std::vector<uint8_t>(images_.pixels.begin(), images_.pixels.begin() + 26 * kPixels)));
}

TEST_F(DataStatistics, AreLearntOnce) {
  const Images others(16, 3);
  Trainer trainer(bytes_.program);
  trainer.Fit(images_.data(), Once());
  const std::vector<float> mean = Mean(trainer);
  trainer.Fit(others.data(), Once());
  EXPECT_EQ(Mean(trainer), mean);
}

TEST_F(DataStatistics, StayAfterTheFirstStepAndWhereOneIsKnown) {
  Trainer stepped(bytes_.program), known(bytes_.program);
  brine_set_progress(stepped.state(), 0, 1);
  LearnDataStatistics(stepped.state(), images_.data());
  EXPECT_THAT(Mean(stepped), Each(Eq(0.0f)));
  EXPECT_THAT(Variance(stepped), Each(Eq(1.0f)));

  const float two = 2;
  std::memcpy(brine_variable_data(known.state(), bytes_.program.variable_count - 1), &two, sizeof(two));
  LearnDataStatistics(known.state(), images_.data());
  EXPECT_THAT(Mean(known), Each(Eq(0.0f)));
  EXPECT_THAT(Variance(known), ElementsAre(2, 1, 1));
}

TEST_F(DataStatistics, OfAFileStay) {
  const TemporaryFolder folder;
  const std::string file = folder / "weights.safetensors";
  const Images others(16, 3);
  Trainer trained(bytes_.program);
  trained.Fit(others.data(), Once());
  trained.Save(file);

  Trainer loaded(bytes_.program), initialized(bytes_.program);
  loaded.Load(file);
  loaded.Fit(images_.data(), Once());
  EXPECT_EQ(Mean(loaded), Mean(trained));
  EXPECT_EQ(Variance(loaded), Variance(trained));
  initialized.LoadParameters(file);
  EXPECT_EQ(brine_steps_done(initialized.state()), 0u);
  initialized.Fit(images_.data(), Once());
  EXPECT_EQ(Mean(initialized), Mean(trained));
  EXPECT_EQ(Variance(initialized), Variance(trained));
}

TEST_F(DataStatistics, OfAResumedRunStay) {
  const TemporaryFolder folder;
  FitOptions options = Once();
  options.checkpoint = folder.path();
  Trainer first(bytes_.program);
  first.Fit(images_.data(), options);
  options.epochs = 2;
  options.resume = true;
  Trainer second(bytes_.program);
  second.Fit(Images(53, 3).data(), options);
  EXPECT_EQ(brine_steps_done(second.state()), 8u);
  EXPECT_EQ(Mean(second), Mean(first));
  EXPECT_EQ(Variance(second), Variance(first));
}

}  // namespace
}  // namespace brine::testing
