// Sums that are split into parts, one for each task:
//   part(index, p) = Σ of the pieces of part p, in order        total(index) = part(index, 0) + part(index, 1) + …
// The number of parts follows from shapes, so that the result does not depend on the number of threads.
#ifndef BRINE_CODEGEN_HALIDE_SPLIT_SUM_H_
#define BRINE_CODEGEN_HALIDE_SPLIT_SUM_H_

#include <vector>

#include "codegen/halide/precompiled.h"

namespace brine::codegen {

// part_sum(index) += piece, over the reduction domain that occurs in `piece`.  The first piece, for which `is_first`
// holds, overwrites the memory, so that no separate pass has to write zeros.
inline void AccumulatePart(Halide::Func& part_sum, const std::vector<Halide::Expr>& index, const Halide::Expr& is_first,
                           const Halide::Expr& piece) {
  part_sum(index) = Halide::undef<float>();
  part_sum(index) = Halide::select(is_first, 0.0f, part_sum(index)) + piece;
}

// part_sum(index, 0) + part_sum(index, 1) + … for `part_count` parts.  Each part has `pieces_per_part` of the
// `piece_count` pieces, which depend on n.  A part without pieces has not been written and counts as 0.
inline Halide::Expr SumOfParts(const Halide::Func& part_sum, const std::vector<Halide::Expr>& index, int part_count,
                               int pieces_per_part, const Halide::Expr& piece_count) {
  Halide::Expr total;
  for (int part = 0; part < part_count; ++part) {
    std::vector<Halide::Expr> element = index;
    element.push_back(part);
    const Halide::Expr value = part_sum(element);
    total = part == 0 ? value : total + Halide::select(part * pieces_per_part < piece_count, value, 0.0f);
  }
  return total;
}

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPLIT_SUM_H_
