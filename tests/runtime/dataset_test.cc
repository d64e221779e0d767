#include "runtime/trainer/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "runtime/trainer/batch_reader.h"
#include "runtime/trainer/trainer.h"
#include "tests/runtime/message.h"
#include "tests/runtime/softmax_program.h"

namespace brine::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// Reads samples of a data set into the inputs of a program's training step.
class Inputs {
 public:
  explicit Inputs(const brine_program& program) : trainer_(program) {}
  void Read(const Dataset& data, std::vector<int64_t> indices) {
    BatchReader(trainer_.state(), train(), data).Read(indices);
  }
  template <typename T>
  std::vector<T> Row(const char* input, int row, int elements) {
    const T* const data = static_cast<const T*>(brine_input_data(trainer_.state(), train(), input)) + row * elements;
    return {data, data + elements};
  }

 private:
  const brine_function* train() const { return brine_find_function(&trainer_.program(), "train"); }

  Trainer trainer_;
};

TEST(Dataset, ClassNumbersBecomeRows) {
  const Images images(5);
  Inputs inputs(kSoftmaxProgram);
  inputs.Read(images.data(), {4, 0});
  EXPECT_EQ(inputs.Row<uint8_t>("x", 0, kPixels),
            std::vector<uint8_t>(images.pixels.end() - kPixels, images.pixels.end()));
  std::vector<float> expected(kClasses);
  expected[static_cast<size_t>(images.labels[0])] = 1;
  EXPECT_EQ(inputs.Row<float>("label", 1, kClasses), expected);
}

TEST(Dataset, BytesBecomeNumbers) {
  const Images images(5);
  Inputs inputs(kSparseSoftmaxProgram);
  inputs.Read(images.data(), {3});
  EXPECT_EQ(inputs.Row<float>("x", 0, kPixels),
            std::vector<float>(images.pixels.begin() + 3 * kPixels, images.pixels.begin() + 4 * kPixels));
  EXPECT_THAT(inputs.Row<int32_t>("label", 0, 1), ElementsAre(images.labels[3]));
}

TEST(Dataset, RowsAfterTheLastSampleAreZero) {
  const Images images(5);
  Inputs inputs(kSparseSoftmaxProgram);
  inputs.Read(images.data(), {0, 1, 2, 3});
  inputs.Read(images.data(), {0, 1});
  EXPECT_THAT(inputs.Row<float>("x", 2, kPixels), Each(0));
}

TEST(Dataset, LabelsMayBeRowsOrBytes) {
  const Images images(2);
  const std::vector<float> rows = {0.5, 0.5, 0, 0, 0, 0, 1, 0};
  const std::vector<uint8_t> bytes = {3, 1};
  Inputs inputs(kSoftmaxProgram);
  inputs.Read(Dataset(2, std::span<const uint8_t>(images.pixels), std::span<const float>(rows)), {0, 1});
  EXPECT_THAT(inputs.Row<float>("label", 0, 8), ElementsAre(0.5, 0.5, 0, 0, 0, 0, 1, 0));
  inputs.Read(Dataset(2, std::span<const uint8_t>(images.pixels), std::span<const uint8_t>(bytes)), {0, 1});
  EXPECT_THAT(inputs.Row<float>("label", 0, 8), ElementsAre(0, 0, 0, 1, 0, 1, 0, 0));
}

TEST(Dataset, TakesContainersAsTheyAre) {
  const Images images(2);
  const Dataset data(2, images.pixels, images.labels);
  EXPECT_EQ(data.fields()[0].elements, kPixels);
}

TEST(Dataset, SizesMustBelongTogether) {
  const Images images(3);
  const std::span<const uint8_t> pixels(images.pixels);
  const std::span<const int32_t> labels(images.labels);
  EXPECT_EQ(Message([&] { Dataset(3, pixels.first(100), labels); }),
            "samples: 100 elements do not divide into 3 samples");
  EXPECT_EQ(Message([&] { Dataset(3, pixels, labels.first(2)); }), "labels: 2 elements do not divide into 3 samples");
  EXPECT_EQ(Message([&] { Dataset(1, pixels, labels); }), "3 class numbers for 1 samples");
  EXPECT_EQ(Message([&] { Dataset(-1, pixels, labels); }), "samples: 576 elements do not divide into -1 samples");
  EXPECT_EQ(Message([&] { Dataset(0, pixels, labels); }), "samples: 576 elements do not divide into 0 samples");
}

TEST(Dataset, MustFitTheModel) {
  const Images images(3);
  const std::vector<float> reals(3 * kPixels), rows(6);
  const std::span<const uint8_t> pixels(images.pixels);
  const std::span<const int32_t> labels(images.labels);
  Inputs dense(kSoftmaxProgram), sparse(kSparseSoftmaxProgram);
  EXPECT_EQ(Message([&] { dense.Read(Dataset(3, pixels.first(9), labels), {0}); }),
            "a sample has 3 elements, the model's input x is (n, 8, 8, 3)");
  EXPECT_EQ(Message([&] { dense.Read(Dataset(3, std::span<const float>(reals), labels), {0}); }),
            "the samples are f32, the model's input x is u8");
  EXPECT_EQ(Message([&] { dense.Read(Dataset(3, pixels, std::span<const float>(rows)), {0}); }),
            "a label has 2 elements, the model's labels are (n, 4)");
  EXPECT_EQ(Message([&] { sparse.Read(Dataset(3, pixels, std::span<const float>(rows)), {0}); }),
            "a label has 2 elements, the model's labels are (n) class numbers");
}

TEST(Dataset, NamesTheSampleThatIsWrong) {
  Images images(40);
  std::vector<float> reals(images.pixels.begin(), images.pixels.end());
  images.labels[7] = 4;
  images.labels[9] = -1;
  Inputs inputs(kSoftmaxProgram), sparse(kSparseSoftmaxProgram);
  EXPECT_EQ(Message([&] {
              inputs.Read(images.data(), {1, 9, 7});
            }),
            "sample 9: label -1 is out of range: there are 4 classes");
  EXPECT_EQ(Message([&] { sparse.Read(images.data(), {7}); }),
            "sample 7: label 4 is out of range: there are 4 classes");
  EXPECT_EQ(Message([&] { sparse.Read(images.data().Slice(5, 5), {2}); }),
            "sample 2: label 4 is out of range: there are 4 classes");
  reals[30 * kPixels + 17] = std::numeric_limits<float>::infinity();
  reals[31 * kPixels] = NAN;
  const Dataset data(40, std::span<const float>(reals), std::span<const int32_t>(images.labels));
  EXPECT_EQ(Message([&] { sparse.Read(data, {0, 30, 31}); }), "sample 30: element 17 is not a finite number");
  std::vector<float> rows(160);
  rows[4] = NAN;
  EXPECT_EQ(Message([&] {
              inputs.Read(Dataset(40, std::span<const uint8_t>(images.pixels), std::span<const float>(rows)), {0, 1});
            }),
            "sample 1: its label is not finite");
}

TEST(Dataset, ACallbackFillsABatch) {
  const Images images(30);
  const auto fill = [&]<typename T>(std::span<const int64_t> indices, std::span<T> samples, std::span<int32_t> labels) {
    for (size_t row = 0; row < indices.size(); ++row) {
      const auto from = images.pixels.begin() + static_cast<std::ptrdiff_t>(indices[row] * kPixels);
      std::copy_n(from, kPixels, samples.begin() + static_cast<std::ptrdiff_t>(row * kPixels));
      labels[row] = images.labels[static_cast<size_t>(indices[row])];
    }
  };
  const auto fill_bytes = [&](auto indices, std::span<uint8_t> samples, auto labels) {
    fill(indices, samples, labels);
  };
  const auto fill_reals = [&](auto indices, std::span<float> samples, auto labels) { fill(indices, samples, labels); };
  const Dataset bytes = Dataset::FromCallback<uint8_t>(30, kPixels, fill_bytes),
                reals = Dataset::FromCallback<float>(30, kPixels, fill_reals);
  for (const brine_program* program : {&kSoftmaxProgram, &kSparseSoftmaxProgram}) {
    Trainer one(*program), two(*program);
    const double expected = one.Fit(images.data(), {.verbose = false}).epochs[0].train["loss"];
    EXPECT_EQ(two.Fit(bytes, {.verbose = false}).epochs[0].train["loss"], expected);
  }
  Trainer one(kSparseSoftmaxProgram), two(kSparseSoftmaxProgram);
  EXPECT_EQ(one.Fit(reals, {.verbose = false}).epochs[0].train["loss"],
            two.Fit(bytes, {.verbose = false}).epochs[0].train["loss"]);
}

TEST(Dataset, WhatACallbackThrowsReachesTheCaller) {
  const Dataset data =
      Dataset::FromCallback<uint8_t>(30, kPixels, [](auto, auto, auto) { throw std::runtime_error("no more"); });
  Trainer trainer(kSoftmaxProgram);
  EXPECT_THROW(trainer.Fit(data, {.verbose = false}), std::runtime_error);
}

// Images of 2×1 pixels with two channels.
class TwoPixels : public SampleSource {
 public:
  int64_t size() const override { return 1; }
  std::span<const Field> fields() const override { return fields_; }
  void Read(std::span<const int64_t>, std::span<void* const> targets) const override {
    const uint8_t pixels[] = {1, 2, 3, 4};
    std::copy_n(pixels, 4, static_cast<uint8_t*>(targets[0]));
    *static_cast<int32_t*>(targets[1]) = 1;
  }

 private:
  const std::vector<Field> fields_ = ImageFields(2, 1, 2);
};

TEST(Dataset, ImagesAreEnlargedByWholeFactors) {
  const Dataset small(std::make_shared<TwoPixels>()), large = small.EnlargedTo(4, 3);
  uint8_t pixels[24];
  int32_t label;
  const int64_t index = 0;
  void* const targets[] = {pixels, &label};
  large.source().Read({&index, 1}, targets);
  EXPECT_THAT(pixels, ElementsAre(1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 3, 4, 3, 4, 3, 4));
  EXPECT_EQ(large.fields()[0].elements, 24);
  EXPECT_EQ(small.EnlargedTo(3, 1).fields()[0].elements,
            4);  // unchanged, since the factor is not whole
}

TEST(Dataset, SlicesAreClamped) {
  const Images images(10);
  const Dataset data = images.data();
  EXPECT_EQ(data.Slice(4, 3).Slice(1, 9).size(), 2);
  EXPECT_EQ(data.Slice(4, 3).Slice(1, 9).first(), 5);
  EXPECT_EQ(data.Slice(20, 3).size(), 0);
  EXPECT_EQ(data.Slice(-5, 100).size(), 10);
}

}  // namespace
}  // namespace brine::testing
