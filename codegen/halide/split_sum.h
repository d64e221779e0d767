// Sums that are split into parts, one for each task.  A part adds its pieces in order to its own sums, and the parts
// are added in order at the end.  Their number follows from shapes, so that the result does not depend on threads.
#ifndef BRINE_CODEGEN_HALIDE_SPLIT_SUM_H_
#define BRINE_CODEGEN_HALIDE_SPLIT_SUM_H_

#include <vector>

#include "codegen/halide/precompiled.h"

namespace brine::codegen {

// sum(index) += piece over the domain that `piece` names.  The first piece, where `is_first` holds, overwrites the
// memory, so no separate pass has to write zeros.
inline void AddPieces(Halide::Func& sum, const std::vector<Halide::Expr>& index, const Halide::Expr& is_first,
                      const Halide::Expr& piece) {
  sum(index) = Halide::undef<float>();
  sum(index) = Halide::select(is_first, 0.0f, sum(index)) + piece;
}

// sum(index, 0) + sum(index, 1) + … for `part_count` parts, each of `rows_per_part` of the `rows` pieces.  Parts
// without pieces have not been written and count as 0.
inline Halide::Expr AddParts(const Halide::Func& sum, const std::vector<Halide::Expr>& index, int part_count,
                             int rows_per_part, const Halide::Expr& rows) {
  Halide::Expr all;
  for (int part = 0; part < part_count; ++part) {
    std::vector<Halide::Expr> element = index;
    element.push_back(part);
    const Halide::Expr value = sum(element);
    all = part == 0 ? value : all + Halide::select(part * rows_per_part < rows, value, 0.0f);
  }
  return all;
}

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPLIT_SUM_H_
