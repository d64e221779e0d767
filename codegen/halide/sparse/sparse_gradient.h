// The gradient of a convolution's result where most of it is zero.
//
// Of the gradient that leaves a max-pool only the cell that won has one: one element a window, and none where the
// activation behind the pool was off.  Of the gradient that leaves a ReLU, half the elements or more are zero.  Kernels
// visit the others alone.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_SPARSE_GRADIENT_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_SPARSE_GRADIENT_H_

#include <string>

#include "codegen/halide/conv/problem.h"

namespace brine::codegen {

struct SparseGradient {
  ir::ValueId d = ir::kNoValue;  // [n, rows, columns, filters], a parameter
  ir::ValueId index =
      ir::kNoValue;  // of d's shape: which cell of its window has the element; none: each is a window of its own
  int rows = 0, columns = 0, filters = 0;
  int across = 1, down = 1;  // extents of a window, which begins where the one before it ends
  double nonzero = 1;        // share of d's elements that are expected not to be 0

  bool pooled() const { return index != ir::kNoValue; }
  int cells() const { return across * down; }
  int windows() const { return rows * columns; }
  double elements(int batch) const { return nonzero * batch * windows() * filters; }
};

// Fills `gradient` for `dy`, an operand of the hero.  Returns why that cannot be, as a clause; empty: it can.
std::string FindSparseGradient(const KernelSpec& spec, ir::ValueId dy, SparseGradient* gradient);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_SPARSE_GRADIENT_H_
