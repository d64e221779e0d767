#include "runtime/trainer/shard_mean.h"

namespace brine {

TreeSum::Addition TreeSum::Next() {
  const size_t end = used_;
  int64_t blocks = 1;
  for (; used_ > 0 && partials_[used_ - 1].blocks == blocks; blocks *= 2) --used_;
  const Addition addition = {Take(used_, end), Memory(end > used_ ? end - 1 : end)};
  // The target was the last of the partial sums that are merged, and the sum takes the place of the first.
  if (end > used_) std::swap(partials_[used_].numbers, partials_[end - 1].numbers);
  partials_[used_++].blocks = blocks;
  return addition;
}

std::span<const float* const> TreeSum::Last() {
  const size_t end = used_;
  used_ = 0;
  return Take(0, end);
}

std::span<const float* const> TreeSum::Take(size_t begin, size_t end) {
  taken_.clear();
  for (size_t partial = begin; partial < end; ++partial) taken_.push_back(Memory(partial));
  return taken_;
}

float* TreeSum::Memory(size_t partial) {
  if (partial == partials_.size()) partials_.push_back({0, std::vector<float>(static_cast<size_t>(elements_))});
  return partials_[partial].numbers.data();
}

brine_status ShardMean::Add(int64_t rows, int64_t batch_rows, bool last) {
  const TreeSum::Addition addition = last ? TreeSum::Addition{sum_.Last(), nullptr} : sum_.Next();
  return brine_sum_shard(state_, function_, ShareOf(rows, batch_rows), addition.partials.data(),
                         static_cast<int32_t>(addition.partials.size()), addition.target);
}

}  // namespace brine
