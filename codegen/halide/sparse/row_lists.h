// Lists of the nonzero elements in each row of a matrix, so that products can skip the zeros.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_ROW_LISTS_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_ROW_LISTS_H_

#include <functional>

#include "codegen/halide/schedule.h"
#include "codegen/halide/sparse/index_list.h"

namespace brine::codegen {

// Whether a number is nonzero.  It tests the bits, because fast-math may decide a comparison with NaN either way, and a
// NaN must be visited.
Halide::Expr IsNonzero(const Halide::Expr& number);

inline constexpr int kLongestChunk = 255;  // entries are bytes

// Columns are cut into chunks, and each chunk of a row has its own list.
class RowLists {
 public:
  struct Matrix {
    int64_t rows, columns;                 // for the largest n
    Halide::Expr real_rows, real_columns;  // for the actual n
    int chunk;                             // columns of a chunk
    bool rows_are_contiguous;              // (r, k) and (r + 1, k) are contiguous; otherwise (r, k) and (r, k + 1) are
    std::function<Halide::Expr(const Halide::Expr& r, const Halide::Expr& k)> listed;  // is in the list
  };

  RowLists(const LoopContext& context, const Matrix& matrix);

  Halide::Expr Count(const Halide::Expr& row, const Halide::Expr& chunk) const;
  // Entry `slot`, a column of the chunk; past the last entry, `chunk`.
  Halide::Expr Place(const Halide::Expr& slot, const Halide::Expr& row, const Halide::Expr& chunk) const;

  // Computes all lists at the top of the kernel.
  void Schedule();
  // Computes the lists of a chunk and `rows` rows where `consumer` loops over chunks.  For rows that are not
  // contiguous.
  void Schedule(Halide::Func& consumer, const Halide::RVar& chunk, int rows);

 private:
  Halide::Expr Listed(const Halide::Expr& place) const;
  IndexList MakePlaces();
  int Lanes() const;  // rows at a time
  void ScheduleInner(const Halide::Var& loop);

  const LoopContext& context_;
  const Matrix matrix_;
  const int chunk_count_, flag_bytes_;                                    // a byte holds the flags of eight columns
  const Halide::Var row_{"row"}, chunk_{"chunk"}, position_{"position"};  // the position is counted within its chunk
  Halide::Func flag_{"flag"}, list_{"list"};
  IndexList places_;
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_ROW_LISTS_H_
