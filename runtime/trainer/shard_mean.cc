#include "runtime/trainer/shard_mean.h"

#include "runtime/core/denormals.h"
#include "runtime/core/numbers.h"

namespace brine {

float* TreeSum::Next() {
  if (used_ == partials_.size()) partials_.push_back({0, std::vector<float>(static_cast<size_t>(elements_))});
  return partials_[used_].numbers.data();
}

void TreeSum::Add() {
  const FlushDenormals flush;
  partials_[used_++].blocks = 1;
  while (used_ > 1 && partials_[used_ - 2].blocks == partials_[used_ - 1].blocks) AddLastTwo();
}

void TreeSum::AddLastTwo() {
  --used_;
  Partial &sum = partials_[used_ - 1], &last = partials_[used_];
  brine_add_parallel(backend_, last.numbers.data(), elements_, sum.numbers.data());
  sum.blocks += last.blocks;
}

const float* TreeSum::Finish() {
  const FlushDenormals flush;
  while (used_ > 1) AddLastTwo();
  used_ = 0;
  return partials_[0].numbers.data();
}

void ShardMean::Add(int64_t rows, int64_t batch_rows) {
  const FlushDenormals flush;
  brine_read_shard(state_, function_, ShareOf(rows, batch_rows), sum_.Next());
  sum_.Add();
}

void ShardMean::Write() { brine_write_shard_means(state_, function_, sum_.Finish()); }

}  // namespace brine
