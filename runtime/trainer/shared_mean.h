// The mean over the shards of a batch, which several ranks make: an allreduce, as a reduce-scatter and an all-gather,
// by direct exchanges.
#ifndef BRINE_RUNTIME_TRAINER_SHARED_MEAN_H_
#define BRINE_RUNTIME_TRAINER_SHARED_MEAN_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "runtime/trainer/ranks.h"
#include "runtime/trainer/shard_mean.h"
#include "runtime/trainer/trainer.h"

namespace brine {

// How the tree over all blocks (TreeSum) is divided among ranks.  Each rank has equally many successive blocks; the
// last ranks may have fewer, or none.
struct SumPlan {
  // A tree over blocks of one rank that is in no other such tree.
  struct Part {
    int64_t begin, end;  // its blocks
    int64_t rank;
  };
  struct Addition {
    size_t target, source;  // parts, of which the target becomes the sum
  };
  std::vector<Part> parts;          // in the order of their blocks, and so of the ranks
  std::vector<Addition> additions;  // which make parts[0] the sum of all blocks
};
SumPlan PlanSum(int64_t blocks, int64_t blocks_of_rank);

// The values of the steps of a function, which averages at least as many shards as there are ranks.
//
// The values are sent in buckets, in the order in which the calls of a step make them final.  A bucket leaves while the
// rank's last shard is still being computed.  Each rank gets its slice of everybody's sums, adds them by the tree over
// all shards, and sends the result to all.
class SharedMean {
 public:
  // The size of a bucket.  A smaller one leaves earlier, but every bucket costs each rank two messages to every other
  // rank.  So with many ranks a bucket is larger, and these messages have 16 KiB.
  static int64_t BucketBytes(int64_t ranks) { return std::max<int64_t>(1 << 20, ranks << 14); }

  SharedMean(brine_state* state, const brine_function* function, const Ranks& ranks, int64_t bucket_bytes);

  // Begins a step of `shards` shards, of which each rank makes `shards_of_rank`, as far as there are so many.  This
  // rank then calls Step for each of its own in their order, and at the end Finish.
  void Begin(int64_t shards, int64_t shards_of_rank);
  // Executes brine_step_shard, tests what it has made for NaN and infinity, and adds it to the sums.
  brine_status Step(int32_t rows, int64_t first_row, int64_t batch_rows);
  // Writes the mean to the state, when all ranks have made their shards.  If this one has not, none of them gets a mean
  // of any use, but none waits for it either; and there is no further step.
  void Finish(bool has_failed);

  // Of the last step: the time from the beginning of its first exchange to the end of its last one, and the part of it
  // in which this rank had nothing to do but wait.
  double communication_seconds() const { return communication_seconds_; }
  double waiting_seconds() const { return waiting_seconds_; }

 private:
  using Clock = std::chrono::steady_clock;

  // A part of a value, or all of it, as a range of the elements of all values.
  struct Piece {
    uint16_t value;
    int64_t begin, end;
    int32_t last_call;  // which makes it final
  };
  struct Bucket {
    SharedMean* mean;
    int32_t tag;  // of its first exchange; the next number is that of the second one
    int64_t begin, end;
    int64_t before;  // the elements in the slices of this rank of the buckets before
    int32_t last_call;
    std::vector<brine_part> to, from;     // of the first exchange
    std::vector<brine_part> result, all;  // of the second one
    Clock::time_point ended = {};
  };

  void OrderValues();
  void MakeBuckets(int64_t bucket_bytes);
  // Calls visit(rank, begin, end) for the slice of each rank in a range of elements.
  template <typename Visit>
  void ForEachSlice(const Bucket& bucket, const Visit& visit) const;
  int64_t SliceBegin(const Bucket& bucket, int64_t rank) const;
  // Makes a shard after which this rank makes others.
  brine_status StepAndAdd(int32_t rows, int64_t first_row);
  // Makes its last one, and sends each bucket as soon as it is final.
  brine_status StepAndSend(int32_t rows, int64_t first_row);
  // Adds the elements [begin, end) of the shard to the partial sums.
  void Sum(int64_t begin, int64_t end, TreeSum::Addition sum);
  // Completes this part of the rank with the shard, its last block, in the elements of the bucket.
  void CompletePart(const Bucket& bucket, int64_t part);
  void Send(Bucket& bucket, bool has_failed);
  void AddSlices(Bucket& bucket);

  brine_state* const state_;
  const brine_function* const function_;
  const Ranks& ranks_;
  std::vector<Piece> pieces_;
  int64_t elements_ = 0, own_elements_ = 0;  // in all slices, and in those of this rank
  std::vector<Bucket> buckets_;
  TreeSum sum_;

  // Of the step.
  SumPlan plan_;
  std::vector<int64_t> first_part_;  // by rank, and the number of all parts at the end
  int64_t own_parts_ = 0, part_ = 0, shard_ = 0, end_shard_ = 0;
  float weight_ = 0;                    // of the shard that runs
  bool is_finite_ = true;               // whether what was read of it is
  std::span<const float* const> last_;  // the partial sums for the last shard of a part
  size_t next_bucket_ = 0;              // which was not sent yet
  Clock::time_point begun_ = {};
  // The sums of this rank: of each slice those over all of its parts, one after another.  The sums of all ranks over
  // the slices of this rank, by bucket and part.  The mean.
  std::vector<float> own_, slices_, mean_;
  double communication_seconds_ = 0, waiting_seconds_ = 0;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_SHARED_MEAN_H_
