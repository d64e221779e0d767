// Tests the layers that change images at random, in the double interpreter: their geometry against loops that follow
// their definitions, with the same random numbers, and the distributions of what they draw.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <map>
#include <numbers>
#include <set>

#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "ir/interpret.h"
#include "ir/philox.h"
#include "passes/derive.h"
#include "passes/pipeline.h"

namespace brine {
namespace {

constexpr uint32_t kSeed = 17, kStep = 3;

struct Images {
  int64_t n, h, w, c;
  std::vector<double> numbers;

  Images(int64_t n, int64_t h, int64_t w, int64_t c)
      : n(n), h(h), w(w), c(c), numbers(static_cast<size_t>(n * h * w * c)) {}
  double& at(int64_t i, int64_t row, int64_t column, int64_t channel = 0) {
    return numbers[static_cast<size_t>(((i * h + row) * w + column) * c + channel)];
  }
};

// The result of the layer in the function, for x.  Images of bytes are given as numbers, too.
Images Apply(const Layer& layer, const Images& x, ir::Function function = ir::Function::kTrain) {
  const Tensor input = Input({x.h, x.w, x.c}, {.dtype = "float32"});
  Model model("net", input, Dense({.units = 1})(Flatten()(layer(input))));
  model.Compile({.optimizer = "sgd", .loss = "mean_squared_error"});
  const auto built = BuildGraph(model);
  EXPECT_TRUE(built.ok()) << built.status();
  ir::Graph graph = *passes::Derive(*built, function, x.n);
  passes::PipelineOptions options;
  options.only = {"specialize"};
  EXPECT_TRUE(passes::RunPipeline(graph, options).ok());
  ir::Tensors<double> given;
  const auto give = [&](const char* name, std::vector<int64_t> dims, std::vector<int64_t> integers,
                        std::vector<double> real) {
    ir::Tensor<double> tensor;
    tensor.dtype = real.empty() ? ir::DType::kU32 : ir::DType::kF32;
    tensor.dims = std::move(dims), tensor.integers = std::move(integers), tensor.real = std::move(real);
    if (graph.FindValue(name) != ir::kNoValue) given[name] = std::move(tensor);
  };
  give("x", {x.n, x.h, x.w, x.c}, {}, x.numbers);
  give("seed", {2}, {kSeed, 0}, {});
  give("step", {2}, {kStep, 0}, {});
  // Every value between the input and the Flatten is read from the results; the weights do not matter.
  for (const ir::State& state : graph.states) {
    const ir::Type& type = graph.type(state.value);
    ir::Tensor<double> zeros = ir::MakeTensor<double>(type, 1);
    given[graph.value(state.value).name] = zeros;
  }
  for (const ir::Input& value : graph.inputs) {
    const std::string& name = graph.value(value.value).name;
    if (given.count(name) == 0) given[name] = ir::MakeTensor<double>(graph.type(value.value), x.n);
  }
  const auto results = ir::Interpret<double>(graph, given, x.n);
  EXPECT_TRUE(results.ok()) << results.status();
  ir::ValueId value = ir::kNoValue;  // what the Flatten reads
  for (const ir::Node& node : graph.nodes) {
    if (graph.value(node.outputs[0]).name == "flatten") value = node.inputs[0];
  }
  const std::string& name = graph.value(value).name;
  const ir::Tensor<double>& tensor = name == "x" ? given.at("x") : results->at(name);
  Images y(tensor.dims[0], tensor.dims[1], tensor.dims[2], tensor.dims[3]);
  y.numbers = tensor.real;
  return y;
}

// The random number that a layer's draw has for image i.
double Drawn(const std::string& draw, int64_t i) {
  return ir::PhiloxUniform({static_cast<uint32_t>(i), kStep, ir::NameId(draw), 0}, {kSeed, 0});
}

Images Noise(int64_t n, int64_t h, int64_t w, int64_t c) {
  Images x(n, h, w, c);
  for (size_t i = 0; i < x.numbers.size(); ++i) x.numbers[i] = static_cast<double>(i * 7919 % 997) / 4;
  return x;
}

// The value at a position in an image that is mirrored at its borders again and again: the mean of all pixels and
// mirrored pixels, weighted by how near they are.
double Mirrored(Images& x, int64_t i, double row, double column, int64_t channel) {
  const auto pixel = [](int64_t position, int64_t size) {
    while (position < 0 || position >= size) position = position < 0 ? -1 - position : 2 * size - 1 - position;
    return position;
  };
  double sum = 0;
  for (int64_t p = -3 * x.h; p < 4 * x.h; ++p) {
    for (int64_t q = -3 * x.w; q < 4 * x.w; ++q) {
      const double weight = std::max(0.0, 1 - std::abs(row - static_cast<double>(p))) *
                            std::max(0.0, 1 - std::abs(column - static_cast<double>(q)));
      if (weight > 0) sum += weight * x.at(i, pixel(p, x.h), pixel(q, x.w), channel);
    }
  }
  return sum;
}

TEST(Augmentation, RotatesAroundTheMiddle) {
  Images x = Noise(5, 7, 6, 2), y = Apply(RandomRotation({.factor = {-0.1f, 0.35f}}), x);
  for (int64_t i = 0; i < x.n; ++i) {
    const double angle = (-0.1 + 0.45 * Drawn("random_rotation.angle", i)) * 2 * std::numbers::pi;
    for (int64_t row = 0; row < x.h; ++row) {
      for (int64_t column = 0; column < x.w; ++column) {
        const std::complex<double> middle(2.5, 3), pixel(static_cast<double>(column), static_cast<double>(row));
        const std::complex<double> from = middle + std::polar(1.0, angle) * (pixel - middle);
        for (int64_t c = 0; c < x.c; ++c)
          ASSERT_NEAR(y.at(i, row, column, c), Mirrored(x, i, from.imag(), from.real(), c), 1e-6);
      }
    }
  }
}

TEST(Augmentation, ZoomsAroundTheMiddle) {
  for (const bool both : {false, true}) {
    const RandomZoomOptions options = {.height_factor = {-0.5f, 0.25f}, .width_factor = both ? Range(0.5f) : Range()};
    Images x = Noise(4, 6, 9, 1), y = Apply(RandomZoom(options), x);
    for (int64_t i = 0; i < x.n; ++i) {
      const double down = 0.5 + 0.75 * Drawn("random_zoom.height", i),
                   across = both ? 0.5 + Drawn("random_zoom.width", i) : down;
      for (int64_t row = 0; row < x.h; ++row) {
        for (int64_t column = 0; column < x.w; ++column) {
          const double from_row = 2.5 + down * (static_cast<double>(row) - 2.5),
                       from_column = 4 + across * (static_cast<double>(column) - 4);
          ASSERT_NEAR(y.at(i, row, column), Mirrored(x, i, from_row, from_column, 0), 1e-6);
        }
      }
    }
  }
}

// Images of which each pixel is its own number show where a box comes from.
TEST(Augmentation, CropsBoxesFromEveryPlaceEquallyOften) {
  constexpr int64_t kImages = 4000;
  Images x(kImages, 5, 6, 1);
  for (size_t i = 0; i < x.numbers.size(); ++i) x.numbers[i] = static_cast<double>(i % 30);
  Images y = Apply(RandomCrop({.height = 3, .width = 2}), x);
  std::map<double, int> places;
  for (int64_t i = 0; i < kImages; ++i) {
    const double first = y.at(i, 0, 0);
    ++places[first];
    for (int64_t row = 0; row < 3; ++row) {
      for (int64_t column = 0; column < 2; ++column)
        ASSERT_EQ(y.at(i, row, column), first + static_cast<double>(6 * row + column));
    }
  }
  EXPECT_EQ(places.size(), 15u);  // 3 rows by 5 columns
  const double expected = kImages / 15.0;
  for (const auto& [place, count] : places) EXPECT_NEAR(count, expected, 5 * std::sqrt(expected)) << place;
}

// Fails unless the numbers seem to be uniform in [lower, upper).
void ExpectUniform(const std::vector<double>& numbers, double lower, double upper) {
  std::vector<int> counts(10);
  for (double number : numbers) {
    ASSERT_GE(number, lower - 1e-6);
    ASSERT_LE(number, upper + 1e-6);
    ++counts[std::min<size_t>(9, static_cast<size_t>(std::max(0.0, 10 * (number - lower) / (upper - lower))))];
  }
  const double expected = static_cast<double>(numbers.size()) / 10;
  for (int count : counts) EXPECT_NEAR(count, expected, 5 * std::sqrt(expected));
}

TEST(Augmentation, ContrastScalesDistancesFromTheMeanOfAChannel) {
  constexpr int64_t kImages = 4000;
  Images x(kImages, 1, 2, 2);
  for (int64_t i = 0; i < kImages; ++i) {
    x.at(i, 0, 0, 0) = 100, x.at(i, 0, 1, 0) = 120;
    x.at(i, 0, 0, 1) = 20, x.at(i, 0, 1, 1) = 100;
  }
  Images y = Apply(RandomContrast({.factor = {0.25f, 0.375f}}), x);
  std::vector<double> factors;
  for (int64_t i = 0; i < kImages; ++i) {
    factors.push_back((y.at(i, 0, 1, 0) - 110) / 10);
    ASSERT_NEAR(y.at(i, 0, 0, 0), 110 - 10 * factors.back(), 1e-9);
    ASSERT_NEAR(y.at(i, 0, 1, 1), 60 + 40 * factors.back(), 1e-9);
    ASSERT_NEAR(y.at(i, 0, 0, 1), 60 - 40 * factors.back(), 1e-9);
  }
  ExpectUniform(factors, 0.75, 1.375);
  // One number is the upper limit, as in Keras, and the results are clipped.
  y = Apply(RandomContrast({.factor = 0.8f, .value_range = {102, 119}}), x);
  for (int64_t i = 0; i < kImages; ++i) {
    ASSERT_EQ(y.at(i, 0, 0, 0), 102);
    ASSERT_EQ(y.at(i, 0, 1, 0), 119);
  }
}

TEST(Augmentation, BrightnessAddsTheSameToAWholeImage) {
  constexpr int64_t kImages = 4000;
  Images x(kImages, 2, 1, 2);
  for (double& number : x.numbers) number = 0.5;
  Images y = Apply(RandomBrightness({.factor = {-0.25f, 0.5f}, .value_range = {-1, 1}}), x);
  std::vector<double> shares;
  for (int64_t i = 0; i < kImages; ++i) {
    for (int64_t row = 0; row < 2; ++row) ASSERT_EQ(y.at(i, row, 0, 0), y.at(i, row, 0, 1));
    ASSERT_EQ(y.at(i, 0, 0), y.at(i, 1, 0));
    const double share = -0.25 + 0.75 * Drawn("random_brightness.delta", i);
    ASSERT_NEAR(y.at(i, 0, 0), std::min(1.0, 0.5 + 2 * share), 1e-6);
    shares.push_back(share);
  }
  ExpectUniform(shares, -0.25, 0.5);
}

TEST(Augmentation, ErasesABoxInHalfOfTheImages) {
  constexpr int64_t kImages = 3000;
  Images x(kImages, 20, 10, 2);
  for (double& number : x.numbers) number = 1;
  Images y = Apply(RandomErasing({.scale = {0.1f, 0.4f}, .fill_value = {7, 300}}), x);
  double erased = 0, rows_sum = 0, columns_sum = 0;
  for (int64_t i = 0; i < kImages; ++i) {
    int64_t top = 20, bottom = -1, left = 10, right = -1, count = 0;
    for (int64_t row = 0; row < 20; ++row) {
      for (int64_t column = 0; column < 10; ++column) {
        if (y.at(i, row, column, 0) == 1 && y.at(i, row, column, 1) == 1) continue;
        ASSERT_EQ(y.at(i, row, column, 0), 7);
        ASSERT_EQ(y.at(i, row, column, 1), 255);  // clipped
        top = std::min(top, row), bottom = std::max(bottom, row), ++count;
        left = std::min(left, column), right = std::max(right, column);
      }
    }
    if (count == 0) continue;
    ++erased;
    const int64_t rows = bottom - top + 1, columns = right - left + 1;
    ASSERT_EQ(count, rows * columns);
    ASSERT_LE(rows, 13);  // √0.4·20, rounded up
    ASSERT_GE(rows, 6);   // √0.1·20, rounded down
    rows_sum += static_cast<double>(rows), columns_sum += static_cast<double>(columns);
  }
  EXPECT_NEAR(erased / kImages, 0.5, 0.05);
  // The mean of √s, ∫√s ds / (b − a), times the extent.
  const double share = (std::pow(0.4, 1.5) - std::pow(0.1, 1.5)) / 1.5 / 0.3;
  EXPECT_NEAR(rows_sum / erased, 20 * share, 0.25);
  EXPECT_NEAR(columns_sum / erased, 10 * share, 0.2);
}

// Noise of deviation 255 is clipped to 0 for half of the numbers, and to 255 for those above one deviation.
TEST(Augmentation, ErasesWithClippedNoise) {
  constexpr int64_t kImages = 200, kHeight = 12, kWidth = 10, kChannels = 2;
  Images x(kImages, kHeight, kWidth, kChannels);
  for (double& number : x.numbers) number = 1000;
  Images y = Apply(RandomErasing({.factor = {1, 1}, .scale = {1, 1}}), x);
  std::vector<double> between;
  double zeros = 0, largest = 0;
  for (const double number : y.numbers) {
    ASSERT_GE(number, 0);
    ASSERT_LE(number, 255);
    if (number == 0) ++zeros;
    if (number == 255) ++largest;
    if (number > 0 && number < 255) between.push_back(number / 255);
  }
  const double count = static_cast<double>(y.numbers.size());
  const auto below = [](double deviations) { return 0.5 * std::erfc(-deviations / std::numbers::sqrt2); };
  EXPECT_NEAR(zeros / count, 0.5, 0.01);
  EXPECT_NEAR(largest / count, 1 - below(1), 0.01);
  // The distribution between: the quantiles of a normal distribution.
  for (const double deviations : {0.25, 0.5, 0.75}) {
    const auto smaller =
        std::count_if(between.begin(), between.end(), [&](double number) { return number < deviations; });
    EXPECT_NEAR(static_cast<double>(smaller) / count, below(deviations) - 0.5, 0.01);
  }
  // Neighbours, channels and images have different numbers.
  EXPECT_EQ(std::set<double>(between.begin(), between.end()).size(), between.size());
}

TEST(Augmentation, ActsInTrainingOnly) {
  Images x = Noise(3, 6, 8, 3);
  const Layer layers[] = {RandomRotation({.factor = 0.5f}),     RandomZoom({.height_factor = 0.5f}),
                          RandomContrast({.factor = 0.5f}),     RandomBrightness({.factor = 0.5f}),
                          RandomErasing({.factor = {1, 1}}),    RandomErasing({.factor = {1, 1}, .fill_value = {0}}),
                          RandomCrop({.height = 3, .width = 4})};
  Images resized = Apply(Resizing({.height = 3, .width = 4, .crop_to_aspect_ratio = true}), x);
  for (const Layer& layer : layers) {
    for (const ir::Function function : {ir::Function::kEvaluate, ir::Function::kPredict}) {
      const std::vector<double> y = Apply(layer, x, function).numbers;
      EXPECT_EQ(y, y.size() == x.numbers.size() ? x.numbers : resized.numbers);
    }
    EXPECT_NE(Apply(layer, x).numbers, x.numbers);
  }
}

}  // namespace
}  // namespace brine
