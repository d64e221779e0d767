// Tests that each trait of an op is true of what its interpreter loop computes, on the cases of op_cases.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "ir/kinds.h"
#include "tests/ops/op_cases.h"

namespace brine::ir {
namespace {

// Calls `check` with the operands and results of each case whose op has the trait.
template <typename Trait, typename Check>
void ForEachCase(const Trait& has_trait, const Check& check) {
  int cases = 0;
  for (const OpCase& row : OpCases()) {
    if (!has_trait(*row.op)) continue;
    SCOPED_TRACE(ToString(row));
    const std::vector<Tensor<double>> operands = RandomOperands<double>(row);
    check(row, operands, Evaluate(*row.op, operands, row.attributes));
    ++cases;
  }
  EXPECT_GT(cases, 0);
}

using Operands = std::vector<Tensor<double>>;

Window WindowOf(const OpCase& row) {
  Node pool;
  pool.op = row.op;
  pool.attributes = Completed(*row.op, row.attributes);
  return PoolWindow(pool);
}

TEST(Traits, CommutativeOpsTakeTheirOperandsInEitherOrder) {
  ForEachCase([](const Op& op) { return op.commutative; },
              [](const OpCase& row, const Operands& operands, const Operands& results) {
                const Operands swapped = {operands[1], operands[0]};
                EXPECT_EQ(Numbers(Evaluate(*row.op, swapped, row.attributes)[0]), Numbers(results[0]));
              });
}

TEST(Traits, OpsThatAddAddTheirOperands) {
  ForEachCase([](const Op& op) { return op.adds; },
              [](const OpCase& row, const Operands& operands, const Operands& results) {
                if (operands[0].size() != operands[1].size()) return;  // one of them is broadcast
                for (size_t i = 0; i < results[0].real.size(); ++i)
                  EXPECT_EQ(results[0].real[i], operands[0].real[i] + operands[1].real[i]) << ToString(row);
              });
}

TEST(Traits, MonotoneOpsKeepTheOrderOfNumbers) {
  ForEachCase([](const Op& op) { return op.monotone; },
              [](const OpCase&, const Operands& operands, const Operands& results) {
                // The order of the first operand shows only if the others are the same for all elements.
                if (operands.back().size() != 1 && operands.size() > 1) return;
                std::map<double, double> result_of;
                for (size_t i = 0; i < operands[0].real.size(); ++i)
                  result_of[operands[0].real[i]] = results[0].real[i];
                double last = -std::numeric_limits<double>::infinity();
                for (const auto& [x, y] : result_of) {
                  EXPECT_GE(y, last) << x;
                  last = y;
                }
              });
}

TEST(Traits, OpsThatMakeZerosMakeMany) {
  ForEachCase([](const Op& op) { return op.makes_zeros; },
              [](const OpCase& row, const Operands&, const Operands& results) {
                // The gradient of a pool has a nonzero element for each window, of which small ones leave no gaps.
                if (row.op->kind == OpKind::kWindowGrad && !WindowOf(row).tiles()) return;
                const std::vector<double> numbers = Numbers(results[0]);
                EXPECT_GE(4 * std::count(numbers.begin(), numbers.end(), 0), static_cast<int64_t>(numbers.size()));
              });
}

TEST(Traits, OpsThatSelectPositiveCopyTheirFirstOperandThere) {
  ForEachCase([](const Op& op) { return op.selects_positive; },
              [](const OpCase&, const Operands& operands, const Operands& results) {
                for (size_t i = 0; i < results[0].real.size(); ++i)
                  EXPECT_EQ(results[0].real[i], operands[1].real[i] > 0 ? operands[0].real[i] : 0);
              });
}

TEST(Traits, OpsThatPickAMaximumCopyAnElement) {
  ForEachCase([](const Op& op) { return op.picks_maximum; },
              [](const OpCase&, const Operands& operands, const Operands& results) {
                const std::set<double> elements(operands[0].real.begin(), operands[0].real.end());
                for (double element : results[0].real) EXPECT_EQ(elements.count(element), 1u) << element;
              });
}

// The sums over the pixels of each channel of each image.
std::vector<double> PixelSums(const Tensor<double>& image) {
  const int64_t pixels = image.dim(1) * image.dim(2), channels = image.dim(3);
  std::vector<double> sums(static_cast<size_t>(image.dim(0) * channels));
  for (int64_t i = 0; i < image.size(); ++i)
    sums[static_cast<size_t>(i / (pixels * channels) * channels + i % channels)] += image.real[static_cast<size_t>(i)];
  return sums;
}

TEST(Traits, OpsThatKeepPixelSumsKeepThem) {
  ForEachCase([](const Op& op) { return op.keeps_pixel_sums; },
              [](const OpCase& row, const Operands& operands, const Operands& results) {
                // An argmax that was drawn at random may lie outside the image where a window crosses its border.
                if (row.op->argmax_operand >= 0 && WindowOf(row).is_padded()) return;
                const std::vector<double> before = PixelSums(operands[0]), after = PixelSums(results[0]);
                ASSERT_EQ(before.size(), after.size());
                for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(after[i], before[i], 1e-12);
              });
}

TEST(Traits, SumsAddUpAllElements) {
  const auto total = [](const Tensor<double>& tensor) {
    return std::accumulate(tensor.real.begin(), tensor.real.end(), 0.0);
  };
  ForEachCase([](const Op& op) { return op.sum; },
              [&](const OpCase&, const Operands& operands, const Operands& results) {
                EXPECT_NEAR(total(results[0]), total(operands[0]), 1e-12);
              });
}

}  // namespace
}  // namespace brine::ir
