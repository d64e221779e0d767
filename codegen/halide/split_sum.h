// Sums that are cut into parts, one for each task: a part adds its pieces in order to sums of its own, and the parts
// are added in order at the end.  Their number follows from shapes, so that the result does not depend on threads.
#ifndef BRINE_CODEGEN_HALIDE_SPLIT_SUM_H_
#define BRINE_CODEGEN_HALIDE_SPLIT_SUM_H_

#include <vector>

#include "codegen/halide_pch.h"

namespace brine::codegen {

// sum(index) += piece over the domain that `piece` names, where the first piece overwrites what memory holds: no pass
// of its own writes zeros.  `is_first` says which piece that is.
inline void AddPieces(Halide::Func& sum, const std::vector<Halide::Expr>& index, const Halide::Expr& is_first,
                      const Halide::Expr& piece) {
  sum(index) = Halide::undef<float>();
  sum(index) = Halide::select(is_first, 0.0f, sum(index)) + piece;
}

// sum(index, 0) + sum(index, 1) + … for `parts` parts of `each` of the `rows` pieces.  Nothing was written to a part
// without pieces.
inline Halide::Expr AddParts(const Halide::Func& sum, const std::vector<Halide::Expr>& index, int parts, int each,
                             const Halide::Expr& rows) {
  Halide::Expr all;
  for (int part = 0; part < parts; ++part) {
    std::vector<Halide::Expr> at = index;
    at.push_back(part);
    const Halide::Expr value = sum(at);
    all = part == 0 ? value : all + Halide::select(part * each < rows, value, 0.0f);
  }
  return all;
}

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPLIT_SUM_H_
