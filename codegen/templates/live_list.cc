#include "codegen/templates/live_list.h"

#include <algorithm>

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

Expr IsLive(const Expr& number) { return (Halide::reinterpret<uint32_t>(number) << 1) != Halide::cast<uint32_t>(0); }

LiveList::LiveList(const Machine& machine, const Matrix& matrix)
    : machine_(machine), matrix_(matrix), chunks_(static_cast<int>((matrix.columns + matrix.chunk - 1) / matrix.chunk)), step_(0, matrix.chunk, "step") {
  const int chunk = matrix.chunk;
  const Expr column = q_ * chunk + step_, row = Halide::min(r_, matrix.real_rows - 1);
  const bool ragged = matrix.columns % chunk != 0 || !Halide::Internal::is_const(matrix.real_columns);
  Expr live = matrix.live(row, ragged ? Halide::min(column, matrix.real_columns - 1) : column);
  if (ragged) live = live && column < matrix.real_columns;
  count_(r_, s_, q_) = 0;
  count_(r_, step_ + 1, q_) = count_(r_, step_, q_) + Halide::select(live, 1, 0);
  // Live or not, column s goes to slot count(s): one that is not is overwritten by the next that is.
  fill_(s_, r_, q_) = Halide::undef<uint8_t>();
  fill_(Halide::unsafe_promise_clamped(count_(r_, step_, q_), 0, chunk - 1), r_, q_) = Halide::cast<uint8_t>(step_);
  // The last place holds the count.
  const Expr count = count_(r_, chunk, q_), entry = Halide::select(s_ < count, fill_(Halide::min(s_, chunk - 1), r_, q_), Halide::cast<uint8_t>(chunk));
  list_(s_, q_, r_) = Halide::select(s_ == chunk, Halide::cast<uint8_t>(count), entry);
}

Expr LiveList::Count(const Expr& row, const Expr& chunk) const { return Halide::cast<int>(list_(matrix_.chunk, chunk, row)); }

Expr LiveList::Place(const Expr& slot, const Expr& row, const Expr& chunk) const {
  return Halide::cast<int>(list_(Halide::unsafe_promise_clamped(slot, 0, matrix_.chunk - 1), chunk, row));
}

void LiveList::Schedule() {
  const int lanes = matrix_.rows_are_contiguous ? machine_.lanes : 1, rows = static_cast<int>(matrix_.rows);
  Var block;
  list_.compute_root().bound(s_, 0, matrix_.chunk + 1).bound(q_, 0, chunks_).bound_storage(r_, rows);
  list_.vectorize(s_, 4 * machine_.lanes, TailStrategy::GuardWithIf).split(r_, block, r_, lanes, TailStrategy::GuardWithIf).reorder(s_, r_, q_, block);
  list_.parallel(block, std::max(1, rows / lanes / static_cast<int>(kTasks)), TailStrategy::GuardWithIf);
  for (Func* func : {&count_, &fill_}) func->compute_at(list_, q_).store_in(kOnStack).bound_extent(r_, lanes);
  if (lanes > 1) {
    count_.vectorize(r_);
    count_.update().reorder(r_, step_).vectorize(r_);
    fill_.update().reorder(r_, step_).unroll(r_);
  } else {
    count_.update().reorder(r_, step_).unroll(step_, 8);
    fill_.update().reorder(r_, step_).unroll(step_, 8);
  }
}

}  // namespace brine::codegen
