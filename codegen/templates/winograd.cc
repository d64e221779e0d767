#include "codegen/templates/winograd.h"

#include <algorithm>

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

namespace {

constexpr int64_t kTransformBytes = 192 << 10;  // of a task's transforms: what leaves room in a second-level cache of 512 KB

// Row `index` of G · (g0, g1, g2)ᵀ
Expr TransformFilter(const Expr& index, const Expr& g0, const Expr& g1, const Expr& g2) {
  return Halide::mux(index, {g0, 0.5f * (g0 + g1 + g2), 0.5f * (g0 - g1 + g2), g2});
}

// Row `index` of Bᵀ · (d0, d1, d2, d3)ᵀ
Expr TransformImage(const Expr& index, const Expr& d0, const Expr& d1, const Expr& d2, const Expr& d3) {
  return Halide::mux(index, {d0 - d2, d1 + d2, d2 - d1, d1 - d3});
}

}  // namespace

Winograd::Winograd(const Tensor& image, const Weight& weight, int channels, int filters, int rows, int columns)
    : channels_(channels), filters_(filters), rows_(rows), columns_(columns), k_("k"), x_("x"), y_("y"), n_("n"), c_("c"), e_("e"), f_("f"), a_("a"),
      filter_rows_("filter_rows"), filters_transformed_("filters"), image_rows_("image_rows"), image_("image"), product_("product"), products_("products") {
  std::vector<Expr> taps[3];
  for (int a = 0; a < 3; ++a) {
    for (int b = 0; b < 3; ++b) taps[a].push_back(weight(a, b, c_, k_));
  }
  std::vector<Expr> row;  // a_ is the kernel's row
  for (const std::vector<Expr>& tap : taps) row.push_back(TransformFilter(e_, tap[0], tap[1], tap[2]));
  filter_rows_(k_, c_, e_, a_) = Halide::mux(a_, row);
  filters_transformed_(k_, c_, e_, f_) = TransformFilter(f_, filter_rows_(k_, c_, e_, 0), filter_rows_(k_, c_, e_, 1), filter_rows_(k_, c_, e_, 2));

  const auto pixel = [&](int column) { return image({n_, 2 * y_ + a_, 2 * x_ + column, c_}); };
  image_rows_(c_, e_, a_, x_, y_, n_) = TransformImage(e_, pixel(0), pixel(1), pixel(2), pixel(3));
  const auto transformed = [&](int line) { return image_rows_(c_, e_, line, x_, y_, n_); };
  image_(c_, x_, y_, e_, f_, n_) = TransformImage(f_, transformed(0), transformed(1), transformed(2), transformed(3));

  const RDom r(0, channels, "r");
  product_(k_, x_, y_, e_, f_, n_) = 0.0f;
  r_ = r;
  product_(k_, x_, y_, e_, f_, n_) += filters_transformed_(k_, r, e_, f_) * image_(r, x_, y_, e_, f_, n_);
  products_(k_, x_, y_, e_, f_, n_) = product_(k_, x_, y_, e_, f_, n_);
}

Expr Winograd::At(int dy, int dx, const Expr& n, const Expr& row, const Expr& column, const Expr& f) const {
  // Aᵀ · m, along the row and then along the column
  const auto half = [&](int line) {
    const auto m = [&](int e) { return products_(f, column, row, e, line, n); };
    return dx == 0 ? m(0) + m(1) + m(2) : m(1) - m(2) - m(3);
  };
  return dy == 0 ? half(0) + half(1) + half(2) : half(1) - half(2) - half(3);
}

int Winograd::RowsOfTask() const {
  const int64_t row_bytes = int64_t{columns_} * 16 * (channels_ + filters_) * 4;
  const int most = static_cast<int>(std::clamp<int64_t>(kTransformBytes / row_bytes, 1, rows_)), tasks = (rows_ + most - 1) / most;
  return (rows_ + tasks - 1) / tasks;  // as evenly as can be
}

void Winograd::Schedule(Func& out, const Var& task, int task_rows, const Machine& machine) {
  const Tile tile = ChooseTile(filters_, columns_, machine.lanes, machine.registers);
  const int vector = static_cast<int>(std::min(filters_, machine.lanes)), across = vector * tile.vectors, channel_vector = std::min(channels_, machine.lanes);
  Var ko, ki, xo, xi;
  products_.compute_at(out, task).store_in(kOnStack).bound_extent(k_, filters_).bound_extent(x_, columns_).bound_extent(y_, task_rows);
  // A slice of transformed filters, channels × filters, stays in the first-level cache while all cells of the task pass by.
  products_.split(k_, ko, ki, across).split(x_, xo, xi, tile.rows).reorder(ki, xi, xo, y_, ko, e_, f_).vectorize(ki, vector).unroll(ki).unroll(xi);
  product_.compute_at(products_, xo).vectorize(k_, vector).unroll(k_).unroll(x_);
  product_.update().reorder(k_, x_, r_).vectorize(k_, vector).unroll(k_).unroll(x_);
  image_.compute_at(out, task).store_in(kOnStack).bound_extent(c_, channels_).bound_extent(x_, columns_).bound_extent(y_, task_rows);
  image_.reorder(e_, f_, c_, x_, y_).vectorize(c_, channel_vector).unroll(e_).unroll(f_);
  image_rows_.compute_at(image_, c_).vectorize(c_, channel_vector).unroll(e_).unroll(a_);
  filters_transformed_.compute_root().bound(k_, 0, filters_).bound(c_, 0, channels_).bound(e_, 0, 4).bound(f_, 0, 4);
  filters_transformed_.reorder(e_, f_, k_, c_).vectorize(k_, vector).unroll(e_).unroll(f_).parallel(c_, (channels_ + 7) / 8);
  filter_rows_.compute_at(filters_transformed_, k_).vectorize(k_, vector).unroll(e_).unroll(a_);
}

}  // namespace brine::codegen
