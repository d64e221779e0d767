#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y[n] = x[n], mirrored left to right if u(2n) < ½ and top to bottom if u(2n + 1) < ½, as far as the mode allows.  u(k)
// is random number k.  The operands are x, seed and step.
Lowered LowerRandomFlip(const LoweringContext& context) {
  const Tensor& x = context.operands[0];
  const std::string& mode = context.attributes().String("mode");
  const ImageAxes axes = AxesOfImage();
  const Halide::Var sample = Axis(0);
  const auto random = [&](int number) {
    const Expr element = 2 * RowOfBatch(sample, context.operands[2]) + number;
    return RandomUniform(element, context.operands[1], context.operands[2], context.attributes().Int("id"));
  };
  StoredFunc flips;  // [n]: whether to mirror the image horizontally, and whether vertically
  flips.func = MakeFunc("flips", {sample}, {random(0) < 0.5f, random(1) < 0.5f});
  flips.shape = {x.type.shape[0]};

  const auto flipped = [&](const Expr& coordinate, size_t axis, int flip) {
    return Halide::select(flips.func(axes.n)[flip], static_cast<int>(x.type.shape[axis]) - 1 - coordinate, coordinate);
  };
  const Expr column = mode == "vertical" ? Expr(axes.x) : flipped(axes.x, 2, 0);
  const Expr row = mode == "horizontal" ? Expr(axes.y) : flipped(axes.y, 1, 1);
  Lowered lowered = LowerPure(context, {x.ReadPromised({axes.n, row, column, axes.c}, context.batch_extent)});
  lowered.stored_funcs = {flips};
  return lowered;
}

}  // namespace

const Algorithm kRandomFlip = {&LowerRandomFlip};

}  // namespace brine::codegen
