#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

// dx[n, i, j, c] = Σ over a, b, f of dy[n, (i + pad − a·dilation) / stride, …, f] · w[a, b, c, f] where the division
// leaves no remainder.  dy is copied once with a border and stride − 1 zeros between its pixels, and w is copied with c
// innermost.  Then this is a convolution.
Lowered LowerConv2DGradInput(const LoweringContext& context) {
  const Tensor &dy = context.in[0], &w = context.in[1];
  const Window window = ir::ConvolutionWindow(context.node, w.type.shape);
  const int groups = ir::ConvolutionGroups(context.node);
  const int channels = static_cast<int>(w.type.shape[2]), filters = static_cast<int>(w.type.shape[3]) / groups;
  Lowered lowered;

  int before[2], size[2];
  for (int axis = 0; axis < 2; ++axis) {
    before[axis] = window.extent(axis) - 1;  // so that no index is negative; the pad is subtracted again below
    size[axis] = static_cast<int>(context.out[0].shape[static_cast<size_t>(axis) + 1]) + window.before[axis] +
                 window.extent(axis) - 1;
  }
  lowered.roots.push_back(MakeBordered(dy, before, window.stride, size));
  Tensor spread = dy;
  spread.func = lowered.roots[0].func;
  spread.element = -1;

  const Var c = Axis(0), f = Axis(1), b = Axis(2), a = Axis(3), g = Axis(4);
  Root packed;  // [group, a, b, f, c]
  packed.func = MakeFunc("packed", Axes(5), {w({a, b, c, g * filters + f})});
  packed.shape = {groups, window.size[0], window.size[1], filters, channels};
  lowered.roots.push_back(packed);

  const ImageAxes at = AxesOfImage();
  const RDom r(0, filters, 0, window.size[1], 0, window.size[0]);
  const Expr group = groups == 1 ? Expr(0) : at.c / channels, channel = groups == 1 ? Expr(at.c) : at.c % channels;
  const auto position = [&](const Var& v, const Expr& tap, int axis) {
    return v + window.before[axis] + window.extent(axis) - 1 - tap * window.dilation[axis];
  };
  Func sum = MakeFunc("conv", Axes(4), {0.0f});
  sum(at.c, at.x, at.y, at.n) += packed.func(channel, r.x, r.y, r.z, group) *
                                 spread({at.n, position(at.y, r.z, 0), position(at.x, r.y, 1), group * filters + r.x});
  lowered.results = {MakeFunc("conv2d_input_grad", Axes(4), {sum(at.c, at.x, at.y, at.n)})};
  lowered.accumulators = {{sum, r, Accumulator::Kind::kTile}};
  return lowered;
}

}  // namespace

const Algorithm kConv2DInputGrad = {&LowerConv2DGradInput};

}  // namespace brine::codegen
