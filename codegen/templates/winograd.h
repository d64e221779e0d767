// Convolutions with 3×3 kernels by Winograd's F(2×2, 3×3): 16 products for 4 results instead of 36.
#ifndef BRINE_CODEGEN_TEMPLATES_WINOGRAD_H_
#define BRINE_CODEGEN_TEMPLATES_WINOGRAD_H_

#include <functional>

#include "codegen/templates/frame.h"

namespace brine::codegen {

// y[n, i, j, f] = Σ over a, b, c of image[n, i + a, j + b, c] · weight(a, b, c, f), in cells of 2×2 results: the transforms of A. Lavin and
// S. Gray, "Fast Algorithms for Convolutional Neural Networks", section 4.1.
class Winograd {
 public:
  using Weight = std::function<Halide::Expr(int a, int b, const Halide::Expr& c, const Halide::Expr& f)>;

  // Whether the transforms cost less than what they save.
  static bool Pays(int channels, int filters) { return channels >= 16 && filters >= 16; }

  // `image` reaches 2 pixels past the last cell along both axes: it has 2·rows + 2 by 2·columns + 2 pixels at least.
  Winograd(const Tensor& image, const Weight& weight, int channels, int filters, int rows, int columns);

  // Result (dy, dx) of cell (row, column).
  Halide::Expr At(int dy, int dx, const Halide::Expr& n, const Halide::Expr& row, const Halide::Expr& column, const Halide::Expr& f) const;

  // The largest number of rows of cells whose transforms a task can hold.
  int RowsOfTask() const;

  // Computes the transforms of a task in loop `task` of `out`, whose rows of cells are at most RowsOfTask().
  void Schedule(Halide::Func& out, const Halide::Var& task, int task_rows, const Machine& machine);

 private:
  const int channels_, filters_, rows_, columns_;
  Halide::Var k_, x_, y_, n_, c_, e_, f_, a_;
  Halide::Func filter_rows_, filters_transformed_, image_rows_, image_, product_, products_;
  Halide::RVar r_;
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_WINOGRAD_H_
