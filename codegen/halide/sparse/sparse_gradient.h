// The gradient dy of a convolution's result when most of its elements are zero.
//
// In the gradient of a max-pool, only the argmax of a window is nonzero: one element for each window, or none if the
// activation after the pool was off.  In the gradient of a ReLU, half of the elements or more are zero.  Kernels visit
// only the nonzero elements.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_SPARSE_GRADIENT_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_SPARSE_GRADIENT_H_

#include <string>

#include "codegen/halide/conv/problem.h"

namespace brine::codegen {

// dy in compact form: one value for each window of a max-pool, or, without a pool, for each pixel, which then is a
// window of one cell.  Windows may overlap: then the values of several may go to one pixel.
struct SparseGradient {
  ir::ValueId values = ir::kNoValue;  // a parameter, [n, rows, columns, filters]: the gradient of each window
  ir::ValueId argmax = ir::kNoValue;  // the row-major number of the cell that has it, as a u8; kNoValue without a pool
  int rows = 0, columns = 0, filters = 0;
  int window_columns = 1, window_rows = 1;  // the extents of a window
  int step_columns = 1, step_rows = 1;      // from one window to the next, in pixels of the convolution's image
  int columns_before = 0, rows_before = 0;  // the padding of the pool
  bool is_padded = false;                   // whether windows have cells outside of the image
  int height = 0, width = 0;                // of the image
  double nonzero_share = 1;                 // the expected share of nonzero elements of `values`

  bool pooled() const { return argmax != ir::kNoValue; }
  int cells() const { return window_columns * window_rows; }
  int windows() const { return rows * columns; }  // of an image
  // The pixels from the first cell of the first of `count` windows to the last cell of the last one, along an axis.
  int PixelRows(int count) const { return (count - 1) * step_rows + window_rows; }
  int PixelColumns(int count) const { return (count - 1) * step_columns + window_columns; }
  double nonzero_elements(int batch) const { return nonzero_share * batch * windows() * filters; }  // expected
};

// Whether cell `cell` of window (row, column) lies in the image; an argmax that does not has no gradient.
Halide::Expr IsCellInside(const SparseGradient& gradient, const Halide::Expr& row, const Halide::Expr& column,
                          const Halide::Expr& cell);

// Fills `gradient` for `dy`, an operand of the hero, a convolution.  Returns why this is impossible, as a clause; empty
// if it is done.
std::string FindSparseGradient(const KernelSpec& spec, ir::ValueId dy, SparseGradient* gradient);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_SPARSE_GRADIENT_H_
