// The gradient of a convolution's result when most of it is zero.
//
// In the gradient of a max-pool, only the argmax of a window is nonzero: one element for each window, and none if the
// activation after the pool was off.  In the gradient of a ReLU, half of the elements or more are zero.  Kernels visit
// the nonzero elements only.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_SPARSE_GRADIENT_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_SPARSE_GRADIENT_H_

#include <string>

#include "codegen/halide/conv/problem.h"

namespace brine::codegen {

struct SparseGradient {
  ir::ValueId d = ir::kNoValue;  // [n, rows, columns, filters], a parameter
  // The argmax of each window as a cell of it, in the shape of d.  kNoValue without a pool: each element is a window.
  ir::ValueId index = ir::kNoValue;
  int rows = 0, columns = 0, filters = 0;
  int across = 1, down = 1;  // extents of a window; windows tile the plane
  double nonzero = 1;        // expected share of nonzero elements of d

  bool pooled() const { return index != ir::kNoValue; }
  int cells() const { return across * down; }
  int windows() const { return rows * columns; }
  double elements(int batch) const { return nonzero * batch * windows() * filters; }
};

// Fills `gradient` for `dy`, an operand of the hero.  Returns why this is impossible, as a clause; empty if it is done.
std::string FindSparseGradient(const KernelSpec& spec, ir::ValueId dy, SparseGradient* gradient);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_SPARSE_GRADIENT_H_
