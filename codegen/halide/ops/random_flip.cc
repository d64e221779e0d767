#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y[n] = x[n] mirrored left to right when u(2n) < ½, and top to bottom when u(2n + 1) < ½, as the mode allows.
Lowered LowerRandomFlip(const LoweringContext& context) {
  const Tensor& x = context.in[0];
  const std::string& mode = context.attributes().String("mode");
  const ImageAxes at = AxesOfImage();
  const Halide::Var sample = Axis(0);
  const auto random = [&](int number) {
    const Expr element = Halide::cast<uint32_t>(2 * sample + number);
    return RandomUniform(element, context.in[1], context.in[2], context.attributes().Int("id"));
  };
  Root flips;  // for each sample: whether to mirror it horizontally and vertically
  flips.func = MakeFunc("flips", {sample}, {random(0) < 0.5f, random(1) < 0.5f});
  flips.shape = {x.type.shape[0]};

  const auto flipped = [&](const Expr& v, size_t axis, int number) {
    return Halide::select(flips.func(at.n)[number], static_cast<int>(x.type.shape[axis]) - 1 - v, v);
  };
  const Expr column = mode == "vertical" ? Expr(at.x) : flipped(at.x, 2, 0);
  const Expr row = mode == "horizontal" ? Expr(at.y) : flipped(at.y, 1, 1);
  Lowered lowered = Pure(context, {x.Inside({at.n, row, column, at.c}, context.rows)});
  lowered.roots = {flips};
  return lowered;
}

}  // namespace

const Algorithm kRandomFlip = {&LowerRandomFlip};

}  // namespace brine::codegen
