#include "codegen/halide/sparse/row_lists.h"

#include <algorithm>

#include "codegen/halide/sparse/set_bits.h"
#include "ir/check.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;

Expr IsNonzero(const Expr& number) { return (Halide::reinterpret<uint32_t>(number) << 1) != Halide::cast<uint32_t>(0); }

RowLists::RowLists(const LoopContext& context, const Matrix& matrix)
    : context_(context),
      matrix_(matrix),
      chunks_(CeilDiv(matrix.columns, matrix.chunk)),
      bytes_(CeilDiv(matrix.chunk, kFlags)),
      step_(0, bytes_, "step"),
      put_(0, kFlags, 0, bytes_, "put") {
  const int chunk = matrix.chunk;
  const Expr row = Halide::min(r_, matrix.real_rows - 1);
  // Flags past the last column of a chunk or of the matrix are not set.
  const bool ragged =
      matrix.columns % chunk != 0 || chunk % kFlags != 0 || !Halide::Internal::is_const(matrix.real_columns);
  const auto nonzero = [&](const Expr& place) {
    const Expr column = q_ * chunk + place;
    if (!ragged) return matrix.listed(row, column);
    return matrix.listed(row, Halide::min(column, matrix.real_columns - 1)) && place < chunk &&
           column < matrix.real_columns;
  };
  if (matrix.rows_are_contiguous) {
    bits_(r_, s_, q_) = Bits([&](int flag) { return nonzero(s_ * kFlags + flag); });
  } else {
    flag_(s_, r_, q_) = Halide::cast<uint8_t>(nonzero(s_));
    bits_(r_, s_, q_) = BitsOfBytes([&](int at) { return flag_(s_ * kFlags + at, r_, q_); });
  }
  count_(r_, s_, q_) = 0;  // the number of listed columns before byte s
  count_(r_, step_ + 1, q_) = count_(r_, step_, q_) + Halide::popcount(bits_(r_, step_, q_));
  const Expr slot = Halide::unsafe_promise_clamped(count_(r_, put_.y, q_), 0, (bytes_ - 1) * kFlags);
  fill_(s_, r_, q_) = Halide::undef<uint8_t>();
  fill_(slot + put_.x, r_, q_) = SetBit(bits_(r_, put_.y, q_), put_.x) + Halide::cast<uint8_t>(put_.y * kFlags);
  // The last position holds the count.
  const Expr count = count_(r_, bytes_, q_),
             entry =
                 Halide::select(s_ < count, fill_(Halide::min(s_, chunk - 1), r_, q_), Halide::cast<uint8_t>(chunk));
  list_(s_, q_, r_) = Halide::select(s_ == chunk, Halide::cast<uint8_t>(count), entry);
}

Expr RowLists::Count(const Expr& row, const Expr& chunk) const {
  return Halide::cast<int>(list_(matrix_.chunk, chunk, row));
}

Expr RowLists::Place(const Expr& slot, const Expr& row, const Expr& chunk) const {
  return Halide::cast<int>(list_(Halide::unsafe_promise_clamped(slot, 0, matrix_.chunk - 1), chunk, row));
}

void RowLists::Schedule() {
  const int rows = static_cast<int>(matrix_.rows);
  Var block;
  list_.compute_root().bound(q_, 0, chunks_).bound_storage(r_, rows);
  list_.split(r_, block, r_, Lanes(), TailStrategy::GuardWithIf).reorder(s_, r_, q_, block);
  list_.parallel(block, std::max(1, rows / Lanes() / static_cast<int>(kTasks)), TailStrategy::GuardWithIf);
  ScheduleInner(q_);
}

void RowLists::Schedule(Func& consumer, const RVar& chunk, int rows) {
  BRINE_CHECK(Lanes() == 1);
  list_.compute_at(consumer, chunk).store_in(kOnStack).bound_extent(q_, 1).bound_storage(r_, rows).reorder(s_, r_, q_);
  ScheduleInner(r_);
}

int RowLists::Lanes() const { return matrix_.rows_are_contiguous ? context_.lanes : 1; }

void RowLists::ScheduleInner(const Var& loop) {
  const int lanes = Lanes();
  list_.bound(s_, 0, matrix_.chunk + 1).vectorize(s_, 4 * context_.lanes, TailStrategy::GuardWithIf);
  for (Func* func : {&bits_, &count_, &fill_}) func->compute_at(list_, loop).store_in(kOnStack).bound_extent(r_, lanes);
  const int unrolled = std::min(bytes_, 8);
  if (lanes > 1) {
    bits_.vectorize(r_);
    count_.vectorize(r_);
  } else {
    flag_.compute_at(list_, loop).store_in(kOnStack).bound_extent(s_, bytes_ * kFlags).vectorize(s_, FlagLanes(bytes_));
    bits_.unroll(s_, unrolled, TailStrategy::GuardWithIf);
  }
  count_.update().reorder(r_, step_);
  if (lanes > 1)
    count_.update().vectorize(r_);
  else
    count_.update().unroll(step_, unrolled, TailStrategy::GuardWithIf);
  fill_.update()
      .allow_race_conditions()
      .reorder(put_.x, put_.y, r_)
      .vectorize(put_.x)
      .unroll(put_.y, unrolled, TailStrategy::GuardWithIf);
}

}  // namespace brine::codegen
