// Tests steps over several shards, with programs that are written by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "runtime/core/numbers.h"
#include "runtime/core/philox.h"
#include "runtime/trainer/shard_mean.h"
#include "runtime/trainer/trainer.h"
#include "tests/runtime/by_hand.h"
#include "tests/runtime/line_program.h"
#include "tests/runtime/message.h"
#include "tests/runtime/ranks_data.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

using Block = std::vector<float>;

// Numbers of which sums in another order are rounded otherwise.
std::vector<Block> Blocks(size_t count, uint32_t elements) {
  std::vector<Block> blocks;
  for (uint32_t block = 0; block < count; ++block) {
    blocks.emplace_back();
    for (uint32_t element = 0; element < elements; ++element)
      blocks.back().push_back(std::ldexp(static_cast<float>(brine_uniform(1, element, block, 0)) - 0.5f,
                                         static_cast<int>((element + 7 * block) % 13)));
  }
  return blocks;
}

// The sum by its definition, from the top of the tree.
Block SumOfTree(const std::vector<Block>& blocks, size_t begin, size_t end) {
  if (end - begin == 1) return blocks[begin];
  size_t half = 1;
  while (2 * half < end - begin) half *= 2;
  Block sum = SumOfTree(blocks, begin, begin + half);
  const Block rest = SumOfTree(blocks, begin + half, end);
  for (size_t element = 0; element < sum.size(); ++element) sum[element] += rest[element];
  return sum;
}

// The sum that TreeSum and brine_sum make of the blocks, the last of which may become it.
Block SumOf(TreeSum& sum, std::vector<Block> blocks, bool in_place) {
  Block result(blocks[0].size());
  for (Block& block : blocks) {
    const bool last = &block == &blocks.back();
    const auto [partials, target] =
        last ? TreeSum::Addition{sum.Last(), in_place ? block.data() : result.data()} : sum.Next();
    brine_sum(&kSerialBackend, block.data(), 1, static_cast<int64_t>(block.size()), partials.data(),
              static_cast<int32_t>(partials.size()), 0, target);
  }
  return in_place ? blocks.back() : result;
}

TEST(TreeSum, AddsByTheTreeOfTheNumberOfBlocks) {
  TreeSum sum(33);
  bool order_matters = false;
  for (size_t count = 1; count <= 40; ++count) {
    const std::vector<Block> blocks = Blocks(count, 33);
    Block in_order(33, 0.0f);
    for (const Block& block : blocks) {
      for (size_t element = 0; element < 33; ++element) in_order[element] += block[element];
    }
    const Block wanted = SumOfTree(blocks, 0, count);
    EXPECT_EQ(SumOf(sum, blocks, false), wanted) << count;
    EXPECT_EQ(SumOf(sum, blocks, true), wanted) << count;
    order_matters |= wanted != in_order;
  }
  EXPECT_TRUE(order_matters);
}

// Several tasks, of which the last has fewer numbers, make a sum of a part of the blocks.
TEST(Numbers, AreWeightedAndAddedToPartialSums) {
  constexpr size_t kFirst = 5;
  bool fused_would_differ = false;
  for (const uint32_t elements : {0u, 1u, 16'384u, 40'001u}) {
    for (size_t count = 0; count <= 3; ++count) {
      const std::vector<Block> blocks = Blocks(count + 1, elements + kFirst);
      const Block numbers(blocks[count].begin(), blocks[count].begin() + elements);
      Block wanted(elements);
      for (size_t element = 0; element < elements; ++element) {
        volatile float sum = 0.3f * numbers[element];  // rounded
        const auto exact = 0.3f * static_cast<double>(numbers[element]);
        for (size_t partial = count; partial-- > 0;) {
          const float added = blocks[partial][kFirst + element];
          fused_would_differ |= partial + 1 == count && sum + added != static_cast<float>(exact + added);
          sum = sum + added;
        }
        wanted[element] = sum;
      }
      std::vector<Block> partials(blocks.begin(), blocks.begin() + static_cast<int64_t>(count));
      std::vector<const float*> pointers;
      for (Block& partial : partials) pointers.push_back(partial.data());
      const auto sum_to = [&](const Block& from, float* target) {
        brine_sum(&kSerialBackend, from.data(), 0.3f, elements, pointers.data(), static_cast<int32_t>(count), kFirst,
                  target);
      };
      Block apart(elements + 1, -1.0f), in_place = numbers;
      sum_to(numbers, apart.data());
      EXPECT_EQ(apart.back(), -1.0f) << elements;
      apart.pop_back();
      EXPECT_TRUE(apart == wanted) << elements << " " << count;
      sum_to(in_place, in_place.data());
      EXPECT_TRUE(in_place == wanted) << elements << " " << count;
      if (count == 0) continue;
      sum_to(numbers, partials.back().data() + kFirst);
      EXPECT_TRUE(Block(partials.back().begin() + kFirst, partials.back().end()) == wanted) << elements << " " << count;
    }
  }
  EXPECT_TRUE(fused_would_differ);
}

// Wherever it is in a chunk or a task, and wherever the sum goes.
TEST(Numbers, AreTestedForNaNAndInfinity) {
  constexpr size_t kElements = 40'001;
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const auto sum_to = [&](const Block& numbers, const Block& partial, float* target) {
    const float* const partials[] = {partial.data()};
    return brine_sum(&kSerialBackend, numbers.data(), 0.5f, kElements, partials, 1, 0, target);
  };
  const auto expect = [&](const Block& numbers, int wanted, const std::string& what) {
    Block partial(kElements, 1.0f), apart(kElements), in_place = numbers;
    EXPECT_EQ(sum_to(numbers, partial, apart.data()), wanted) << what;
    EXPECT_EQ(sum_to(in_place, partial, in_place.data()), wanted) << what;
    EXPECT_EQ(sum_to(numbers, partial, partial.data()), wanted) << what;
  };
  expect(Block(kElements, 1e38f), 1, "all finite");
  for (const size_t element : {0, 2'047, 2'048, 16'383, 16'384, 40'000}) {
    for (const float number : {nan, infinity, -infinity}) {
      Block numbers(kElements, 1.0f);
      numbers[element] = number;
      expect(numbers, 0, std::to_string(element) + ": " + std::to_string(number));
    }
  }
}

std::array<double, 2> WeightsOf(Trainer& trainer) {
  return {*reinterpret_cast<const float*>(brine_variable_data(trainer.state(), 0)),
          *reinterpret_cast<const float*>(brine_variable_data(trainer.state(), 1))};
}

// Steps of up to 12 points, whose gradient is computed here in double; the program has batches of at most 4 rows.
TEST(Shards, MakeAStepOfTheWholeBatch) {
  const Line line(31);
  Trainer trainer(kLineProgram);
  auto [w, b] = WeightsOf(trainer);
  const History history =
      trainer.Fit(line.data(), {.epochs = 2, .gradient_accumulation_steps = 3, .shuffle = false, .verbose = false});
  double loss = 0;
  for (int epoch = 0; epoch < 2; ++epoch) {
    loss = 0;
    for (size_t begin = 0; begin < 31; begin += 12) {
      const size_t end = std::min<size_t>(begin + 12, 31);
      double dw = 0, db = 0;
      for (size_t point = begin; point < end; ++point) {
        const double error = w * line.x[point] + b - line.y[point];
        loss += error * error / 31;
        dw += 2 * error * line.x[point] / static_cast<double>(end - begin);
        db += 2 * error / static_cast<double>(end - begin);
      }
      w -= 0.1 * dw;
      b -= 0.1 * db;
    }
  }
  EXPECT_NEAR(WeightsOf(trainer)[0], w, 1e-6);
  EXPECT_NEAR(WeightsOf(trainer)[1], b, 1e-6);
  EXPECT_NEAR(history.epochs[1].train["loss"], loss, 1e-6);
  EXPECT_EQ(history.epochs[1].batches, 3);
  EXPECT_EQ(brine_steps_done(trainer.state()), 6u);
}

TEST(Shards, FailWithoutAnUpdate) {
  Line line(12);
  line.x[9] = std::numeric_limits<float>::max();
  Trainer trainer(kLineProgram);
  const std::array<double, 2> before = WeightsOf(trainer);
  const FitOptions options = {.gradient_accumulation_steps = 3, .shuffle = false, .verbose = false};
  EXPECT_EQ(Message([&] { trainer.Fit(line.data(), options); }, kExitDiverged),
            "model.cc:3: line: loss is not finite in step 1; nothing was updated");
  EXPECT_EQ(WeightsOf(trainer), before);
  EXPECT_EQ(brine_steps_done(trainer.state()), 0u);
}

// The loss and all outputs are finite, in whichever shard.
TEST(Shards, FailIfOnlyAGradientOverflows) {
  for (const size_t point : {1, 5, 9}) {
    Trainer trainer(kLineProgram);
    const FitOptions options = {.gradient_accumulation_steps = 3, .shuffle = false, .verbose = false};
    EXPECT_EQ(Message([&] { trainer.Fit(LineWithSteepPoint(trainer, 12, point).data(), options); }, kExitDiverged),
              "model.cc:3: line: line/kernel.grad is not finite in step 1; nothing was updated");
    EXPECT_EQ(WeightsOf(trainer), (std::array<double, 2>{0, 0}));
  }
}

TEST(Shards, AreRefusedIfTheirNumberIsNotPositiveOrARowHasNoNumber) {
  const Line line(12);
  Trainer trainer(kLineProgram);
  EXPECT_EQ(Message([&] { trainer.Fit(line.data(), {.gradient_accumulation_steps = 0}); }, kExitUsage),
            "gradient accumulation steps must be positive");
  const brine_function* const train = brine_find_function(&kLineProgram, "train");
  for (int64_t row : {int64_t{-1}, int64_t{1} << 32}) {
    EXPECT_EQ(brine_step_shard(trainer.state(), train, 4, row), BRINE_INVALID);
    EXPECT_EQ(std::string(brine_error(trainer.state())), "a batch has no row " + std::to_string(row));
  }
  EXPECT_EQ(brine_step_shard(trainer.state(), train, 5, 0), BRINE_INVALID);
  EXPECT_EQ(brine_step_shard(trainer.state(), nullptr, 4, 0), BRINE_INVALID);
  EXPECT_EQ(brine_sum_shard(trainer.state(), nullptr, 1, nullptr, 0, nullptr), BRINE_INVALID);
  EXPECT_EQ(brine_step_end(trainer.state(), nullptr), BRINE_INVALID);
}

// Shards of 4 rows, which are the most that the program takes, are those of a batch of 12 and its default size, and the
// batches of which three are a step.
TEST(Shards, AreEqualPartsOfABatch) {
  const Line line(31);
  std::vector<std::array<double, 2>> weights;
  for (const FitOptions& options : {FitOptions{.epochs = 5, .gradient_accumulation_steps = 3, .verbose = false},
                                    FitOptions{.epochs = 5, .batch_size = 12, .shards = 3, .verbose = false},
                                    FitOptions{.epochs = 5, .batch_size = 12, .shards = 6, .verbose = false}}) {
    Trainer trainer(kLineProgram);
    EXPECT_EQ(trainer.Fit(line.data(), options).epochs[0].batches, 3);
    weights.push_back(WeightsOf(trainer));
  }
  EXPECT_EQ(weights[1], weights[0]);
  EXPECT_NE(weights[2], weights[0]);  // six shards of two rows are rounded otherwise
}

TEST(Shards, AreRefusedIfTheyDoNotDivideTheBatch) {
  const Line line(31);
  const struct {
    FitOptions options;
    const char* sentence;
  } kRows[] = {
      {{.shards = 3}, "batch size 4 is not a multiple of 3, the number of shards"},
      {{.batch_size = 10, .shards = 3}, "batch size 10 is not a multiple of 3, the number of shards"},
      {{.batch_size = 15, .shards = 3}, "batch size 15: the program was compiled for 1 to 12"},
      {{.shards = -1}, "the number of shards must not be negative"},
      {{.gradient_accumulation_steps = 2, .shards = 2},
       "shards and gradient accumulation both say into how many shards a step is cut"},
  };
  for (const auto& row : kRows) {
    Trainer trainer(kLineProgram);
    EXPECT_EQ(Message([&] { trainer.Fit(line.data(), row.options); }, kExitUsage), row.sentence);
  }
}

// A run that is stopped within an epoch goes on with the same bits, if it accumulates as many batches.
TEST(Shards, GoOnWithinAnEpoch) {
  const Line line(60);
  const TemporaryFolder folder;
  const FitOptions options = {.epochs = 2, .gradient_accumulation_steps = 3, .verbose = false};
  Trainer whole(kLineProgram);
  whole.Fit(line.data(), options);

  FitOptions stopped = options;
  stopped.checkpoint = folder.path() + "/run";
  stopped.callbacks = {{.on_batch_end = [](Trainer& trainer, const EpochResult& result) {
    if (result.batch == 2) trainer.Stop();
  }}};
  Trainer first(kLineProgram);
  EXPECT_TRUE(first.Fit(line.data(), stopped).stopped);
  stopped.callbacks.clear();
  stopped.resume = true;
  stopped.gradient_accumulation_steps = 2;
  Trainer second(kLineProgram);
  EXPECT_NE(Message([&] { second.Fit(line.data(), stopped); }, kExitBadInput)
                .find("stands within an epoch of an accumulation of 3, which cannot go on with 2"),
            std::string::npos);
  stopped.gradient_accumulation_steps = 3;
  second.Fit(line.data(), stopped);
  EXPECT_EQ(WeightsOf(second), WeightsOf(whole));
}

}  // namespace
}  // namespace brine::testing
