#include "codegen/templates/winograd_conv.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::TailStrategy;
using Halide::Var;

bool FitsWinograd(const Window& window, const ir::Attributes& attributes, int channels, int filters) {
  const auto both = [](const int (&numbers)[2], int number) { return numbers[0] == number && numbers[1] == number; };
  return attributes.Int("groups") == 1 && both(window.size, 3) && both(window.stride, 1) && both(window.dilation, 1) && Winograd::Pays(channels, filters);
}

Func WinogradConv(Frame& frame, const Tensor& picture, const int before[2], const Winograd::Weight& weight, int channels, const ir::Shape& shape,
                  const std::function<Expr(const Picture& at, const Expr& sum)>& epilogue) {
  const Machine& machine = frame.machine();
  const int height = static_cast<int>(shape[1]), width = static_cast<int>(shape[2]), filters = static_cast<int>(shape[3]);
  const int rows = (height + 1) / 2, columns = (width + 1) / 2;
  const Tensor image = frame.WithBorder(picture, before, {2 * rows + 2, 2 * columns + 2});
  Winograd winograd(image, weight, channels, filters, rows, columns);

  const Picture at = PictureAxes();
  const auto sum = [&](int dy, int dx) { return winograd.At(dy, dx, at.n, at.y / 2, at.x / 2, at.c); };
  const Expr cell = at.y % 2 * 2 + at.x % 2;  // a constant in each of the four pixels that are written out below
  Func out = MakeFunc("out", Axes(4), {epilogue(at, Halide::mux(cell, {sum(0, 0), sum(0, 1), sum(1, 0), sum(1, 1)}))});

  out.bound(at.c, 0, filters).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, machine.rows);
  const int task_rows = winograd.RowsOfTask();
  Var task, row, y, x, column;
  out.split(at.y, row, y, 2, TailStrategy::GuardWithIf).split(at.x, column, x, 2, TailStrategy::GuardWithIf).split(row, task, row, task_rows, TailStrategy::GuardWithIf);
  out.reorder(at.c, x, y, column, row, task, at.n).vectorize(at.c, std::min(filters, machine.lanes)).unroll(x).unroll(y);
  const std::vector<Loop> loops = {{at.n, machine.batch_size}, {task, (rows + task_rows - 1) / task_rows}};
  const Task parallel = Parallel(out, loops);
  winograd.Schedule(out, parallel.At(loops, 1), task_rows, machine);
  return out;
}

}  // namespace brine::codegen
