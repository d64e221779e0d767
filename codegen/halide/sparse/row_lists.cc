#include "codegen/halide/sparse/row_lists.h"

#include <algorithm>

#include "ir/check.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RVar;
using Halide::TailStrategy;
using Halide::Var;

Expr IsNonzero(const Expr& number) { return (Halide::reinterpret<uint32_t>(number) << 1) != Halide::cast<uint32_t>(0); }

RowLists::RowLists(const LoopContext& context, const Matrix& matrix)
    : context_(context),
      matrix_(matrix),
      chunk_count_(CeilDiv(matrix.columns, matrix.chunk)),
      flag_bytes_(CeilDiv(matrix.chunk, kFlags)),
      places_(MakePlaces()) {
  // The last position holds the count.
  const int chunk = matrix.chunk;
  const Expr count = places_.Count({row_, chunk_}),
             entry = Halide::select(position_ < count, places_.Entry(Halide::min(position_, chunk - 1), {row_, chunk_}),
                                    Halide::cast<uint8_t>(chunk));
  list_(position_, chunk_, row_) = Halide::select(position_ == chunk, Halide::cast<uint8_t>(count), entry);
}

// Whether column `place` of the chunk is listed.  Flags past the last column of a chunk or of the matrix are not set.
Expr RowLists::Listed(const Expr& place) const {
  const int chunk = matrix_.chunk;
  const Expr row = Halide::min(row_, matrix_.real_rows - 1), column = chunk_ * chunk + place;
  if (matrix_.columns % chunk == 0 && chunk % kFlags == 0 && Halide::Internal::is_const(matrix_.real_columns))
    return matrix_.listed(row, column);
  return matrix_.listed(row, Halide::min(column, matrix_.real_columns - 1)) && place < chunk &&
         column < matrix_.real_columns;
}

IndexList RowLists::MakePlaces() {
  if (!matrix_.rows_are_contiguous) flag_(position_, row_, chunk_) = Halide::cast<uint8_t>(Listed(position_));
  const auto flags = [&](const Expr& byte) {
    if (matrix_.rows_are_contiguous) return Bits([&](int flag) { return Listed(byte * kFlags + flag); });
    return BitsOfBytes([&](int flag) { return flag_(byte * kFlags + flag, row_, chunk_); });
  };
  return IndexList({{row_}, {chunk_}, Halide::Int(32), Halide::Int(32), Halide::UInt(8)}, flag_bytes_, flags);
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
  list_.compute_root().bound(chunk_, 0, chunk_count_).bound_storage(row_, rows);
  list_.split(row_, block, row_, Lanes(), TailStrategy::GuardWithIf).reorder(position_, row_, chunk_, block);
  list_.parallel(block, std::max(1, rows / Lanes() / static_cast<int>(kTasks)), TailStrategy::GuardWithIf);
  ScheduleInner(chunk_);
}

void RowLists::Schedule(Func& consumer, const RVar& chunk, int rows) {
  BRINE_CHECK(Lanes() == 1);
  list_.compute_at(consumer, chunk)
      .store_in(kOnStack)
      .bound_extent(chunk_, 1)
      .bound_storage(row_, rows)
      .reorder(position_, row_, chunk_);
  ScheduleInner(row_);
}

int RowLists::Lanes() const { return matrix_.rows_are_contiguous ? context_.lanes : 1; }

void RowLists::ScheduleInner(const Var& loop) {
  const int lanes = Lanes();
  list_.bound(position_, 0, matrix_.chunk + 1).vectorize(position_, 4 * context_.lanes, TailStrategy::GuardWithIf);
  for (Func* func : {&places_.bits, &places_.count, &places_.entries})
    func->compute_at(list_, loop).store_in(kOnStack).bound_extent(row_, lanes);
  if (lanes > 1) {
    places_.bits.vectorize(row_);
    places_.count.vectorize(row_);
  } else {
    flag_.compute_at(list_, loop)
        .store_in(kOnStack)
        .bound_extent(position_, flag_bytes_ * kFlags)
        .vectorize(position_, FlagLanes(flag_bytes_));
    places_.bits.unroll(places_.byte, std::min(flag_bytes_, 8), TailStrategy::GuardWithIf);
  }
  places_.ScheduleUpdates(lanes);
}

}  // namespace brine::codegen
