// Convolutions with 3×3 kernels by Winograd's algorithm: fewer products, on tiles of the picture that were transformed
// first.
#ifndef BRINE_CODEGEN_TEMPLATES_WINOGRAD_H_
#define BRINE_CODEGEN_TEMPLATES_WINOGRAD_H_

#include <functional>

#include "codegen/templates/frame.h"

namespace brine::codegen {

// How the results of a convolution are cut: into tiles of size × size of them, computed together, and the tiles into
// tasks, each of which takes some rows of tiles of one picture, or some whole pictures.
struct WinogradPlan {
  int size;
  int rows, columns;  // tiles of a picture
  int task_rows;      // rows of tiles; all of them where a task takes several pictures
  int pictures;       // of a task
  int channels, filters;

  int points() const { return size + 2; }
  int tiles() const { return pictures * task_rows * columns; }  // of a task
  int64_t tile_bytes;  // of transforms and products that a task keeps for each of its tiles
};

// For height × width results.  What a task keeps lies on its stack, and a row of tiles is the least that it can take:
// see FitsStack.
WinogradPlan PlanWinograd(int height, int width, int channels, int filters, const Machine& machine);

bool FitsStack(const WinogradPlan& plan);

// y[n, i, j, f] = Σ over a, b, c of image[n, i + a, j + b, c] · weight(a, b, c, f)
class Winograd {
 public:
  using Weight = std::function<Halide::Expr(int a, int b, const Halide::Expr& c, const Halide::Expr& f)>;

  // `image` has size·rows + 2 by size·columns + 2 pixels at least.
  Winograd(const Tensor& image, const Weight& weight, const WinogradPlan& plan, const Machine& machine);

  // Where y % size and x % size are constants once loops are unrolled.
  Halide::Expr At(const Halide::Expr& n, const Halide::Expr& y, const Halide::Expr& x, const Halide::Expr& f) const;

  // Computes the picture's transforms in loop `task` of `out`; inside it, in loop `block`, the products for
  // `block_filters` filters; and inside that, in loop `vector`, the sums of a tile for a vector of filters.
  void Schedule(Halide::Func& out, const Halide::Var& task, const Halide::Var& block, const Halide::Var& vector,
                int block_filters, const Machine& machine);

 private:
  const WinogradPlan plan_;
  const int pack_;  // filters that lie beside each other: a vector of them for all channels is one run of memory, where
                    // that is possible
  Halide::Var k_{"k"}, t_{"t"}, g_{"g"}, c_{"c"}, e_{"e"}, f_{"f"}, a_{"a"}, d_{"d"}, n_{"n"}, v_{"v"};
  Halide::Func filter_rows_{"filter_rows"}, filters_{"filters"}, image_rows_{"image_rows"}, image_{"image"};
  Halide::Func product_{"product"}, products_{"products"}, halves_{"halves"};
  Halide::RVar r_;
};

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_WINOGRAD_H_
