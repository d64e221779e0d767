#include "runtime/trainer/shared_mean.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "runtime/core/denormals.h"
#include "runtime/core/layout.h"
#include "runtime/core/numbers.h"

namespace brine {
namespace {

constexpr int64_t kMostBuckets = 1 << 14;  // each has two tags, which are below 2¹⁵ (communicator.h)

// Adds the tree over the blocks [begin, end) to the plan.  Returns the part that becomes its sum.
size_t PlanTree(int64_t begin, int64_t end, int64_t blocks_of_rank, SumPlan& plan) {
  const int64_t rank = begin / blocks_of_rank;
  if ((end - 1) / blocks_of_rank == rank) {
    plan.parts.push_back({begin, end, rank});
    return plan.parts.size() - 1;
  }
  const auto half = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(end - begin - 1)));
  const size_t target = PlanTree(begin, begin + half, blocks_of_rank, plan);
  const size_t source = PlanTree(begin + half, end, blocks_of_rank, plan);
  plan.additions.push_back({target, source});
  return target;
}

int64_t ByteSize(const brine_value& value) { return ElementCount(value, 0) * 4; }

// Whether the call writes memory of the value.
bool Writes(const brine_function& function, const brine_call& call, const brine_value& value) {
  for (int index = call.input_count; index < call.value_count; ++index) {
    const brine_value& result = function.values[call.values[index]];
    if (result.block == value.block && result.offset < value.offset + ByteSize(value) &&
        value.offset < result.offset + ByteSize(result))
      return true;
  }
  return false;
}

// The last call of a shard that writes the value; the first one if none does.
int32_t LastCall(const brine_function& function, const brine_value& value) {
  int32_t call = function.shard_calls - 1;
  while (call > 0 && !Writes(function, function.calls[call], value)) --call;
  return call;
}

brine_part PartOf(float* data, int64_t elements) { return {data, elements * 4}; }

}  // namespace

SumPlan PlanSum(int64_t blocks, int64_t blocks_of_rank) {
  SumPlan plan;
  PlanTree(0, blocks, blocks_of_rank, plan);
  return plan;
}

SharedMean::SharedMean(brine_state* state, const brine_function* function, const Ranks& ranks, int64_t bucket_bytes)
    : state_(state), function_(function), ranks_(ranks), sum_(brine_shard_elements(function)) {
  OrderValues();
  MakeBuckets(bucket_bytes);
  mean_.resize(static_cast<size_t>(elements_));
}

void SharedMean::OrderValues() {
  for (const uint16_t value : std::span(function_->shard_means, static_cast<size_t>(function_->shard_mean_count)))
    pieces_.push_back(
        {value, 0, ElementCount(function_->values[value], 0), LastCall(*function_, function_->values[value])});
  std::stable_sort(pieces_.begin(), pieces_.end(),
                   [](const Piece& a, const Piece& b) { return a.last_call < b.last_call; });
  for (Piece& piece : pieces_) {
    piece.begin = elements_;
    elements_ = piece.end += elements_;
  }
}

void SharedMean::MakeBuckets(int64_t bucket_bytes) {
  const int64_t size = std::max(bucket_bytes / 4, (elements_ + kMostBuckets - 1) / kMostBuckets);
  const auto ranks = static_cast<size_t>(ranks_.size());
  auto piece = pieces_.begin();
  for (int64_t begin = 0; begin < elements_; begin += size) {
    const int64_t end = std::min(begin + size, elements_);
    while (piece->end < end) ++piece;
    const auto tag = static_cast<int32_t>(2 * buckets_.size());
    const std::vector<brine_part> parts(ranks);
    buckets_.push_back({this, tag, begin, end, own_elements_, piece->last_call, parts, parts, parts, parts});
    own_elements_ += SliceBegin(buckets_.back(), ranks_.rank() + 1) - SliceBegin(buckets_.back(), ranks_.rank());
  }
}

int64_t SharedMean::SliceBegin(const Bucket& bucket, int64_t rank) const {
  return bucket.begin + (bucket.end - bucket.begin) * rank / ranks_.size();
}

template <typename Visit>
void SharedMean::ForEachSlice(const Bucket& bucket, const Visit& visit) const {
  for (int64_t rank = 0; rank < ranks_.size(); ++rank)
    visit(static_cast<size_t>(rank), SliceBegin(bucket, rank), SliceBegin(bucket, rank + 1));
}

void SharedMean::Begin(int64_t shards, int64_t shards_of_rank) {
  plan_ = PlanSum(shards, shards_of_rank);
  first_part_.assign(static_cast<size_t>(ranks_.size()) + 1, 0);
  for (const SumPlan::Part& part : plan_.parts) ++first_part_[static_cast<size_t>(part.rank) + 1];
  for (size_t rank = 1; rank < first_part_.size(); ++rank) first_part_[rank] += first_part_[rank - 1];
  const auto rank = static_cast<size_t>(ranks_.rank());
  part_ = first_part_[rank];
  own_parts_ = first_part_[rank + 1] - part_;
  shard_ = std::min(ranks_.rank() * shards_of_rank, shards);
  end_shard_ = std::min(shard_ + shards_of_rank, shards);
  next_bucket_ = 0;
  own_.resize(static_cast<size_t>(own_parts_ * elements_));
  slices_.resize(plan_.parts.size() * static_cast<size_t>(own_elements_));
}

brine_status SharedMean::Step(int32_t rows, int64_t first_row, int64_t batch_rows) {
  weight_ = ShareOf(rows, batch_rows);
  is_finite_ = true;
  const brine_status status = ++shard_ == end_shard_ ? StepAndSend(rows, first_row) : StepAndAdd(rows, first_row);
  if (status != BRINE_OK || is_finite_) return status;
  // The values are of no more use, but are still there: this repeats the shard to find the call that made them.
  return brine_sum_shard(state_, function_, 1, nullptr, 0, nullptr);
}

brine_status SharedMean::StepAndAdd(int32_t rows, int64_t first_row) {
  const brine_status status = brine_step_shard(state_, function_, rows, first_row);
  if (status != BRINE_OK) return status;
  if (shard_ == plan_.parts[static_cast<size_t>(part_)].end) {
    last_ = sum_.Last();
    for (const Bucket& bucket : buckets_) CompletePart(bucket, part_ - first_part_[static_cast<size_t>(ranks_.rank())]);
    ++part_;
  } else {
    Sum(0, elements_, sum_.Next());
  }
  return BRINE_OK;
}

brine_status SharedMean::StepAndSend(int32_t rows, int64_t first_row) {
  last_ = sum_.Last();
  const Observation observation(state_, [this](const brine_call* call, bool done) {
    if (call == nullptr || !done) return;
    const auto index = static_cast<int32_t>(call - function_->calls);
    while (next_bucket_ < buckets_.size() && buckets_[next_bucket_].last_call <= index)
      Send(buckets_[next_bucket_++], false);
  });
  return brine_step_shard(state_, function_, rows, first_row);
}

void SharedMean::Sum(int64_t begin, int64_t end, TreeSum::Addition sum) {
  const FlushDenormals flush;
  auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), begin,
                                [](int64_t element, const Piece& row) { return element < row.end; });
  for (; begin < end; ++piece) {
    const int64_t stop = std::min(end, piece->end);
    const auto* const data = reinterpret_cast<const float*>(ValueData(state_, function_->values[piece->value]));
    is_finite_ &= brine_sum(state_->program->backend, data + (begin - piece->begin), weight_, stop - begin,
                            sum.partials.data(), static_cast<int32_t>(sum.partials.size()), begin, sum.target) != 0;
    sum.target += stop - begin;
    begin = stop;
  }
}

void SharedMean::CompletePart(const Bucket& bucket, int64_t part) {
  ForEachSlice(bucket, [&](size_t, int64_t begin, int64_t end) {
    Sum(begin, end, {last_, own_.data() + own_parts_ * begin + part * (end - begin)});
  });
}

// Sends the bucket, with the shard that runs, which is the last block of the last part of this rank.  A rank that has
// failed sends what its memory holds.
void SharedMean::Send(Bucket& bucket, bool has_failed) {
  if (&bucket == &buckets_[0]) begun_ = Clock::now();
  const int64_t slice = SliceBegin(bucket, ranks_.rank() + 1) - SliceBegin(bucket, ranks_.rank());
  float* received = slices_.data() + static_cast<int64_t>(plan_.parts.size()) * bucket.before;
  bucket.result.assign(bucket.result.size(), PartOf(received, slice));
  if (own_parts_ > 0 && !has_failed) CompletePart(bucket, own_parts_ - 1);
  ForEachSlice(bucket, [&](size_t rank, int64_t begin, int64_t end) {
    const int64_t parts = first_part_[rank + 1] - first_part_[rank];
    bucket.to[rank] = PartOf(own_.data() + own_parts_ * begin, own_parts_ * (end - begin));
    bucket.from[rank] = PartOf(received, parts * slice);
    bucket.all[rank] = PartOf(mean_.data() + begin, end - begin);
    received += parts * slice;
  });
  ranks_.communicator().exchange(
      bucket.tag, bucket.to.data(), bucket.from.data(),
      [](void* user) {
        auto* const sent = static_cast<Bucket*>(user);
        sent->mean->AddSlices(*sent);
      },
      &bucket);
}

// Runs on a thread of the communicator.
void SharedMean::AddSlices(Bucket& bucket) {
  const FlushDenormals flush;
  auto* const sums = static_cast<float*>(bucket.result[0].data);
  const int64_t slice = bucket.result[0].bytes / 4;
  for (const SumPlan::Addition& addition : plan_.additions)
    brine_add(sums + static_cast<int64_t>(addition.source) * slice, slice,
              sums + static_cast<int64_t>(addition.target) * slice);
  ranks_.communicator().exchange(
      bucket.tag + 1, bucket.result.data(), bucket.all.data(),
      [](void* user) { static_cast<Bucket*>(user)->ended = Clock::now(); }, &bucket);
}

void SharedMean::Finish(bool has_failed) {
  while (next_bucket_ < buckets_.size()) Send(buckets_[next_bucket_++], has_failed);
  const Clock::time_point waits = Clock::now();
  ranks_.communicator().finish();
  waiting_seconds_ = std::chrono::duration<double>(Clock::now() - waits).count();
  if (!buckets_.empty()) {
    const auto last = std::max_element(buckets_.begin(), buckets_.end(),
                                       [](const Bucket& a, const Bucket& b) { return a.ended < b.ended; });
    communication_seconds_ = std::chrono::duration<double>(last->ended - begun_).count();
  }
  for (const Piece& piece : pieces_)
    std::memcpy(ValueData(state_, function_->values[piece.value]), mean_.data() + piece.begin,
                static_cast<size_t>(piece.end - piece.begin) * sizeof(float));
}

}  // namespace brine
