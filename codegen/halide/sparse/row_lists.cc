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
      chunk_count_(CeilDiv(matrix.columns, matrix.chunk_columns)),
      flag_bytes_(CeilDiv(matrix.chunk_columns, kFlagsPerByte)),
      index_list_(MakeIndexList()) {
  const int chunk_columns = matrix.chunk_columns;
  const Expr count = index_list_.Count({row_, chunk_});
  const Expr entry = index_list_.Entry(Halide::min(slot_, chunk_columns - 1), {row_, chunk_});
  const Expr entry_or_end = Halide::select(slot_ < count, entry, Halide::cast<uint8_t>(chunk_columns));
  list_(slot_, chunk_, row_) = Halide::select(slot_ == chunk_columns, Halide::cast<uint8_t>(count), entry_or_end);
}

// Whether a column of the chunk is listed.  Columns past the last one of the chunk or the matrix, which fill the last
// byte of flags, are not.
Expr RowLists::IsListed(const Expr& column_in_chunk) const {
  const int chunk_columns = matrix_.chunk_columns;
  const Expr row = Halide::min(row_, matrix_.actual_rows - 1), column = chunk_ * chunk_columns + column_in_chunk;
  const bool has_whole_bytes = matrix_.columns % chunk_columns == 0 && chunk_columns % kFlagsPerByte == 0;
  if (has_whole_bytes && Halide::Internal::is_const(matrix_.actual_columns)) return matrix_.is_listed(row, column);
  return matrix_.is_listed(row, Halide::min(column, matrix_.actual_columns - 1)) && column_in_chunk < chunk_columns &&
         column < matrix_.actual_columns;
}

IndexList RowLists::MakeIndexList() {
  if (!matrix_.are_rows_contiguous) flag_(slot_, row_, chunk_) = Halide::cast<uint8_t>(IsListed(slot_));
  const auto flags = [&](const Expr& byte) {
    if (matrix_.are_rows_contiguous) return PackFlags([&](int flag) { return IsListed(byte * kFlagsPerByte + flag); });
    return PackFlagBytes([&](int flag) { return flag_(byte * kFlagsPerByte + flag, row_, chunk_); });
  };
  return IndexList({{row_}, {chunk_}, Halide::Int(32), Halide::Int(32), Halide::UInt(8)}, flag_bytes_, flags);
}

Expr RowLists::Count(const Expr& row, const Expr& chunk) const {
  return Halide::cast<int>(list_(matrix_.chunk_columns, chunk, row));
}

Expr RowLists::Entry(const Expr& slot, const Expr& row, const Expr& chunk) const {
  return Halide::cast<int>(list_(Halide::unsafe_promise_clamped(slot, 0, matrix_.chunk_columns - 1), chunk, row));
}

void RowLists::Schedule() {
  const int rows = static_cast<int>(matrix_.rows);
  Var row_block;
  list_.compute_root().bound(chunk_, 0, chunk_count_).bound_storage(row_, rows);
  list_.split(row_, row_block, row_, RowsPerVector(), TailStrategy::GuardWithIf)
      .reorder(slot_, row_, chunk_, row_block);
  list_.parallel(row_block, std::max(1, rows / RowsPerVector() / context_.tasks), TailStrategy::GuardWithIf);
  ScheduleIndexList(chunk_);
}

void RowLists::Schedule(Func& consumer, const RVar& chunk, int rows) {
  BRINE_CHECK(RowsPerVector() == 1);
  list_.compute_at(consumer, chunk)
      .store_in(kOnStack)
      .bound_extent(chunk_, 1)
      .bound_storage(row_, rows)
      .reorder(slot_, row_, chunk_);
  ScheduleIndexList(row_);
}

// If rows are contiguous, the lists of a vector of rows are made at once.
int RowLists::RowsPerVector() const { return matrix_.are_rows_contiguous ? context_.lanes : 1; }

// Computes what list_ reads in loop `loop` of list_.
void RowLists::ScheduleIndexList(const Var& loop) {
  const int lanes = RowsPerVector();
  list_.bound(slot_, 0, matrix_.chunk_columns + 1).vectorize(slot_, 4 * context_.lanes, TailStrategy::GuardWithIf);
  for (Func* func : {&index_list_.bits, &index_list_.count, &index_list_.entries})
    func->compute_at(list_, loop).store_in(kOnStack).bound_extent(row_, lanes);
  if (lanes > 1) {
    index_list_.bits.vectorize(row_);
    index_list_.count.vectorize(row_);
  } else {
    flag_.compute_at(list_, loop)
        .store_in(kOnStack)
        .bound_extent(slot_, flag_bytes_ * kFlagsPerByte)
        .vectorize(slot_, FlagVectorLanes(flag_bytes_));
    index_list_.bits.unroll(index_list_.byte, std::min(flag_bytes_, 8), TailStrategy::GuardWithIf);
  }
  index_list_.ScheduleUpdates(lanes);
}

}  // namespace brine::codegen
