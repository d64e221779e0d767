#include "codegen/templates/winograd_conv.h"

#include <algorithm>

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::TailStrategy;
using Halide::Var;

bool FitsWinograd(const Window& window, const ir::Attributes& attributes, int channels, int filters) {
  const auto both = [](const int(&numbers)[2], int number) { return numbers[0] == number && numbers[1] == number; };
  return attributes.Int("groups") == 1 && both(window.size, 3) && both(window.stride, 1) && both(window.dilation, 1) &&
         channels >= 16 && filters >= 16;
}

bool FitsWinogradConv(const Window& window, const ir::Attributes& attributes, int height, int width, int channels,
                      int filters, const Machine& machine) {
  return FitsWinograd(window, attributes, channels, filters) &&
         FitsStack(PlanWinograd(height, width, channels, filters, machine));
}

Func WinogradConv(Frame& frame, const Tensor& picture, const int before[2], const Winograd::Weight& weight,
                  int channels, const ir::Shape& shape, int window,
                  const std::function<std::vector<Expr>(const Picture& at, const WindowSum& sum)>& results) {
  const Machine& machine = frame.machine();
  const int height = static_cast<int>(shape[1]), width = static_cast<int>(shape[2]),
            filters = static_cast<int>(shape[3]);
  const WinogradPlan plan = PlanWinograd(height * window, width * window, channels, filters, machine);
  const Tensor image = frame.WithBorder(picture, before, {plan.size * plan.rows + 2, plan.size * plan.columns + 2});
  Winograd winograd(image, weight, plan, machine);

  const Picture at = PictureAxes();
  Func out = MakeFunc("out", Axes(4), results(at, [&](int dy, int dx) {
                        return winograd.At(at.n, at.y * window + dy, at.x * window + dx, at.c);
                      }));

  // Loops, innermost first: the elements of a tile, vectors of filters, tiles, blocks of filters, tasks.
  const int lanes = std::min(filters, machine.lanes),
            each = plan.size / window;  // each: elements of a tile along an axis
  const int block_filters = std::min(filters / lanes * lanes, 4 * lanes);
  out.bound(at.c, 0, filters).bound(at.x, 0, width).bound(at.y, 0, height).bound(at.n, 0, machine.rows);
  Var task, row, y, x, column, block, vector, c, group, member;
  const auto tail = [&](int extent) { return extent % each == 0 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf; };
  out.split(at.c, block, c, block_filters, TailStrategy::ShiftInwards).split(c, vector, c, lanes);
  out.split(at.y, row, y, each, tail(height)).split(at.x, column, x, each, tail(width));
  out.split(row, task, row, plan.task_rows, TailStrategy::ShiftInwards)
      .split(at.n, group, member, plan.pictures,
             plan.pictures == 1 ? TailStrategy::RoundUp : TailStrategy::GuardWithIf);
  out.reorder(c, x, y, vector, column, row, member, block, task, group).vectorize(c).unroll(x).unroll(y);
  const std::vector<Loop> loops = {{group, (machine.batch_size + plan.pictures - 1) / plan.pictures},
                                   {task, (plan.rows + plan.task_rows - 1) / plan.task_rows}};
  const Task parallel = Parallel(out, loops);
  winograd.Schedule(out, parallel.At(loops, 1), block, vector, block_filters, machine);
  return out;
}

}  // namespace brine::codegen
