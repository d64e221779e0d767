// Lists of what is not zero in each row of a matrix, so that products can leave the rest out.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_ROW_LISTS_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_ROW_LISTS_H_

#include <functional>

#include "codegen/schedule.h"

namespace brine::codegen {

// Whether a number is not zero.  It looks at the bits, since fast-math may take a comparison with NaN either way: NaN
// must be visited.
Halide::Expr IsNonzero(const Halide::Expr& number);

inline constexpr int kLongestChunk = 255;  // entries are bytes

// Columns are cut into chunks, and each chunk of a row has a list of its own.
class RowLists {
 public:
  struct Matrix {
    int64_t rows, columns;                 // n at its largest
    Halide::Expr real_rows, real_columns;  // n at its real size
    int chunk;                             // columns of a chunk
    bool rows_are_contiguous;              // (r, k) and (r + 1, k) are neighbours; else (r, k) and (r, k + 1) are
    std::function<Halide::Expr(const Halide::Expr& r, const Halide::Expr& k)> listed;  // is to be listed
  };

  RowLists(const LoopContext& context, const Matrix& matrix);

  Halide::Expr Count(const Halide::Expr& row, const Halide::Expr& chunk) const;
  // Entry `slot`, a column of the chunk; behind the last one, `chunk`.
  Halide::Expr Place(const Halide::Expr& slot, const Halide::Expr& row, const Halide::Expr& chunk) const;

  // At the top of the kernel.
  void Schedule();
  // Of a chunk and some rows where `consumer` loops over chunks.  For rows that are not contiguous.
  void Schedule(Halide::Func& consumer, const Halide::RVar& chunk, int rows);

 private:
  int Lanes() const;  // rows at a time
  void ScheduleInner(const Halide::Var& loop);

  const LoopContext& context_;
  const Matrix matrix_;
  const int chunks_, bytes_;                    // bytes: of eight columns' flags
  const Halide::Var r_{"r"}, q_{"q"}, s_{"s"};  // row, chunk, place in a chunk or byte
  Halide::Func flag_{"flag"}, bits_{"bits"}, count_{"count"}, fill_{"fill"}, list_{"list"};
  Halide::RDom step_, put_;
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_ROW_LISTS_H_
