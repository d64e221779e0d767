// The mean over the shards of a batch of what a training step averages: the gradients and the new statistics.
#ifndef BRINE_RUNTIME_TRAINER_SHARD_MEAN_H_
#define BRINE_RUNTIME_TRAINER_SHARD_MEAN_H_

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/core/layout.h"

namespace brine {

// Says how blocks of numbers are added up by a binary tree over their indices, so that the rounding depends on their
// number alone, and not on who adds which.  A tree over the blocks [begin, end) is the sum of the trees over its
// halves, of which the first has a power of two of blocks.  At most one partial sum of each power of two is kept.
class TreeSum {
 public:
  explicit TreeSum(int64_t elements) : elements_(elements) {}

  // What is to be done with a block: target = partials[0] + (partials[1] + (… + block)).  The target is the last of the
  // partial sums, or new memory if there is none.  The partial sums are valid until the next call.
  struct Addition {
    std::span<const float* const> partials;
    float* target;
  };
  Addition Next();                       // of a block after which others come
  std::span<const float* const> Last();  // the partial sums for the last block, and then there is none

 private:
  struct Partial {
    int64_t blocks = 0;  // that it is the sum of
    std::vector<float> numbers;
  };
  std::span<const float* const> Take(size_t begin, size_t end);
  float* Memory(size_t partial);

  const int64_t elements_;
  std::vector<Partial> partials_;  // those before `used_` are sums over ever fewer blocks
  size_t used_ = 0;
  std::vector<const float*> taken_;
};

// The share of a batch that a shard is.
inline float ShareOf(int64_t rows, int64_t batch_rows) {
  return static_cast<float>(static_cast<double>(rows) / static_cast<double>(batch_rows));
}

// The values of one step of a function.
class ShardMean {
 public:
  ShardMean(brine_state* state, const brine_function* function)
      : state_(state), function_(function), sum_(brine_shard_elements(function)) {}

  // After brine_step_shard with `rows` of the `batch_rows` rows of the batch.  After the last shard, the state has the
  // mean, for brine_step_end.  Returns what brine_sum_shard returns.
  brine_status Add(int64_t rows, int64_t batch_rows, bool last);

 private:
  brine_state* const state_;
  const brine_function* const function_;
  TreeSum sum_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_SHARD_MEAN_H_
