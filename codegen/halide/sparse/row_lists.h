// Lists of some elements of each row of a matrix, such as the nonzero ones, so that products can skip the others.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_ROW_LISTS_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_ROW_LISTS_H_

#include <functional>

#include "codegen/halide/schedule.h"
#include "codegen/halide/sparse/index_list.h"

namespace brine::codegen {

// Whether the float `number` is neither 0 nor −0.  The bits are tested, because fast-math may decide a comparison with
// NaN either way, and a NaN must be visited.
Halide::Expr IsNonzero(const Halide::Expr& number);

inline constexpr int kMaxChunkColumns = 255;  // entries and counts are bytes

// The lists of a matrix.  Its columns are cut into chunks, and each row has a list for each chunk.  An entry is the
// number of a column in its chunk.
class RowLists {
 public:
  struct Matrix {
    int64_t rows, columns;                     // for the largest n
    Halide::Expr actual_rows, actual_columns;  // for n
    int chunk_columns;                         // columns of a chunk, at most kMaxChunkColumns
    // Whether the elements (r, k) and (r + 1, k) are contiguous in memory; otherwise (r, k) and (r, k + 1) are.
    bool are_rows_contiguous;
    std::function<Halide::Expr(const Halide::Expr& r, const Halide::Expr& k)> is_listed;
  };

  RowLists(const LoopContext& context, const Matrix& matrix);

  // The number of entries of a list.
  Halide::Expr Count(const Halide::Expr& row, const Halide::Expr& chunk) const;

  // The column in entry `slot`.  Past the last entry it is chunk_columns.
  Halide::Expr Entry(const Halide::Expr& slot, const Halide::Expr& row, const Halide::Expr& chunk) const;

  // Computes all lists at the top of the kernel.
  void Schedule();

  // Computes the lists of one chunk and `rows` rows in loop `chunk` of `consumer`.  are_rows_contiguous must be false.
  void Schedule(Halide::Func& consumer, const Halide::RVar& chunk, int rows);

 private:
  Halide::Expr IsListed(const Halide::Expr& column_in_chunk) const;
  IndexList MakeIndexList();
  int RowsPerVector() const;
  void ScheduleIndexList(const Halide::Var& loop);

  const LoopContext& context_;
  const Matrix matrix_;
  const int chunk_count_, flag_bytes_;  // a byte holds the flags of eight columns
  const Halide::Var row_{"row"}, chunk_{"chunk"}, slot_{"slot"};
  Halide::Func flag_{"flag"};  // 1 for a listed column, else 0, as bytes; not used if rows are contiguous
  Halide::Func list_{"list"};  // the entries, and in slot chunk_columns the count
  IndexList index_list_;
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_ROW_LISTS_H_
