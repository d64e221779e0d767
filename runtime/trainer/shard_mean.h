// The mean over the shards of a batch of what a training step averages: the gradients and the new statistics.
#ifndef BRINE_RUNTIME_TRAINER_SHARD_MEAN_H_
#define BRINE_RUNTIME_TRAINER_SHARD_MEAN_H_

#include <cstdint>
#include <vector>

#include "runtime/core/layout.h"

namespace brine {

// Adds up blocks of numbers by a binary tree over their indices, so that the rounding depends on their number alone,
// and not on who adds which.  A tree over the blocks [begin, end) is the sum of the trees over its halves, of which the
// first has a power of two of blocks.  At most one partial sum of each power of two is kept.
// Denormal numbers count as zero, as in a step.
class TreeSum {
 public:
  // The backend has the threads that add.
  TreeSum(int64_t elements, const brine_backend* backend) : elements_(elements), backend_(backend) {}

  // Memory for the next block, which Add() takes.
  float* Next();
  void Add();
  const float* Finish();  // the sum of all blocks since the last one, of which there is at least one

  // The partial sums that are kept, those of more blocks first.  If one block is missing, the sum of all is
  // partial(0) + (partial(1) + (… + block)).
  size_t partial_count() const { return used_; }
  const float* partial(size_t index) const { return partials_[index].numbers.data(); }
  void Clear() { used_ = 0; }  // forgets all blocks

 private:
  struct Partial {
    int64_t blocks = 0;  // that it is the sum of
    std::vector<float> numbers;
  };
  void AddLastTwo();

  const int64_t elements_;
  const brine_backend* const backend_;
  std::vector<Partial> partials_;  // those before `used_` are sums over ever fewer blocks
  size_t used_ = 0;
};

// The share of a batch that a shard is.
inline float ShareOf(int64_t rows, int64_t batch_rows) {
  return static_cast<float>(static_cast<double>(rows) / static_cast<double>(batch_rows));
}

// The values of one step of a function.
class ShardMean {
 public:
  ShardMean(brine_state* state, const brine_function* function)
      : state_(state), function_(function), sum_(brine_shard_elements(function), state->program->backend) {}

  // After brine_step_shard with `rows` of the `batch_rows` rows of the batch.
  void Add(int64_t rows, int64_t batch_rows);
  void Write();  // before brine_step_end

 private:
  brine_state* const state_;
  const brine_function* const function_;
  TreeSum sum_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_SHARD_MEAN_H_
