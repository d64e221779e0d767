#include "codegen/halide/images.h"

namespace brine::codegen {

using Halide::Expr;

std::string NeedsTiles(const ir::Node& pool) {
  const Window window = ir::PoolWindow(pool);
  if (window.is_padded()) return "its pool is padded";
  return window.tiles() ? "" : "windows of its pool overlap or leave gaps";
}

ImageAxes AxesOfImage() { return {Axis(3), Axis(2), Axis(1), Axis(0)}; }

void BoundImage(Halide::Func& image, int height, int width, int channels, const Halide::Expr& batch_extent) {
  const ImageAxes axes = AxesOfImage();
  image.bound(axes.c, 0, channels).bound(axes.x, 0, width).bound(axes.y, 0, height).bound(axes.n, 0, batch_extent);
}

Tensor RowsOf(const Tensor& image) {
  const ir::Shape& shape = image.type.shape;
  const int channels = static_cast<int>(shape[3]);
  const Halide::Var i = Axis(0), y = Axis(1), n = Axis(2);
  return {{image.type.dtype, {shape[0], shape[1], shape[2] * shape[3]}},
          MakeFunc("rows_of_image", Axes(3), {image({n, y, i / channels, i % channels})})};
}

StoredFunc MakeBordered(const Tensor& image, const int before[2], const int dilation[2], const int size[2]) {
  const ImageAxes axes = AxesOfImage();
  Expr is_inside = Halide::Internal::const_true();
  const auto source = [&](const Halide::Var& coordinate, int axis) {
    const int extent = static_cast<int>(image.type.shape[static_cast<size_t>(axis) + 1]);
    const Expr shifted = coordinate - before[axis], position = dilation[axis] == 1 ? shifted : shifted / dilation[axis];
    if (dilation[axis] > 1) is_inside = is_inside && shifted % dilation[axis] == 0;
    is_inside = is_inside && IsInside(position, extent);
    return Halide::clamp(position, 0, extent - 1);
  };
  const Expr y = source(axes.y, 0), x = source(axes.x, 1);
  StoredFunc bordered;
  bordered.func =
      MakeFunc("bordered", Axes(4),
               {Halide::select(is_inside, image({axes.n, y, x, axes.c}), Halide::cast(ToHalide(image.type.dtype), 0))});
  bordered.shape = {image.type.shape[0], size[0], size[1], image.type.shape[3]};
  return bordered;
}

WindowCell CellOf(const Tensor& image, const Window& window, const Halide::RDom& r) {
  const ImageAxes axes = AxesOfImage();
  Expr is_inside = Halide::Internal::const_true();
  const auto source = [&](const Halide::Var& coordinate, const Expr& tap, int axis) {
    const int extent = static_cast<int>(image.type.shape[static_cast<size_t>(axis) + 1]);
    const Expr position = coordinate * window.stride[axis] + tap - window.before[axis];
    if (window.before[axis] + window.after[axis] == 0) return position;
    is_inside = is_inside && IsInside(position, extent);
    return Halide::clamp(position, 0, extent - 1);
  };
  const Expr y = source(axes.y, r.y, 0), x = source(axes.x, r.x, 1);
  return {image({axes.n, y, x, axes.c}), is_inside};
}

Expr CellsInside(const Window& window, const ir::Type& image, const Expr& y, const Expr& x) {
  const auto along = [&](const Expr& position, int axis) {
    const int extent = static_cast<int>(image.shape[static_cast<size_t>(axis) + 1]);
    if (window.before[axis] + window.after[axis] == 0) return Expr(window.size[axis]);
    const Expr first = position * window.stride[axis] - window.before[axis];
    return Halide::min(first + window.size[axis], extent) - Halide::max(first, 0);
  };
  return Halide::cast<float>(along(y, 0) * along(x, 1));
}

MaskedMean MakeMaskedMean(int cells, const std::function<Expr(int cell)>& cell) {
  Expr sum = 0.0f, mask = 0;
  for (int index = 0; index < cells; ++index) {
    sum += Halide::max(cell(index), 0.0f);
    mask = mask | Halide::select(cell(index) > 0.0f, 1 << index, 0);
  }
  return {sum / static_cast<float>(cells), Halide::cast<uint8_t>(mask)};
}

Lowered MakeWindowGradient(const LoweringContext& context, const WindowShare& share) {
  const Tensor& dy = context.operands[0];
  const Window window = ir::PoolWindow(context.node);
  const ImageAxes axes = AxesOfImage();

  // Along each axis, a pixel lies in at most ⌈size / stride⌉ windows: the last window that begins at or before the
  // pixel, and the windows before that one.  r.x and r.y count back from the last.
  const int windows[2] = {CeilDiv(window.size[0], window.stride[0]), CeilDiv(window.size[1], window.stride[1])};
  const Halide::RDom r(0, windows[1], 0, windows[0]);
  Expr is_inside = Halide::Internal::const_true();
  struct Position {
    Expr window, cell;
  };
  const auto position = [&](const Halide::Var& coordinate, const Expr& windows_back, int axis) {
    const int extent = static_cast<int>(dy.type.shape[static_cast<size_t>(axis) + 1]);
    const Expr shifted = coordinate + window.before[axis], candidate = shifted / window.stride[axis] - windows_back;
    const Expr cell = shifted - candidate * window.stride[axis];
    is_inside = is_inside && IsInside(candidate, extent) && cell < window.size[axis];
    return Position{Halide::clamp(candidate, 0, extent - 1), cell};
  };
  const Position y = position(axes.y, r.y, 0), x = position(axes.x, r.x, 1);
  const std::vector<Halide::Var> args = Reversed(Axes(4));
  Halide::Func sum = MakeFunc("sum", Axes(4), {0.0f});
  sum(args) += Halide::select(is_inside, share({axes.n, y.window, x.window, axes.c}, y.cell, x.cell, window), 0.0f);
  Lowered lowered = LowerPure(context, {sum(args)});
  lowered.accumulators = {{sum, r, Accumulator::Kind::kWindow}};
  return lowered;
}

}  // namespace brine::codegen
