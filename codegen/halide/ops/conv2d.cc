#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;

// y[n, i, j, f] = Σ over a, b, c of x[n, i·stride + a·dilation − pad, j·…, group(f)·C + c] · w[a, b, c, f].
Lowered LowerConv2D(const LoweringContext& context) {
  const Tensor &x = context.operands[0], &w = context.operands[1];
  const Window window = ir::ConvolutionWindow(context.node, w.type.shape);
  const int channels = static_cast<int>(w.type.shape[2]), groups = ir::ConvolutionGroups(context.node);
  const int filters = static_cast<int>(w.type.shape[3]);
  Lowered lowered;

  // If the window has padding, the image is copied with its border, so that the sums need no tests.
  Tensor image = x;
  if (window.is_padded()) {
    const int no_dilation[2] = {1, 1};
    const int size[2] = {static_cast<int>(x.type.shape[1]) + window.before[0] + window.after[0],
                         static_cast<int>(x.type.shape[2]) + window.before[1] + window.after[1]};
    lowered.stored_funcs.push_back(MakeBordered(x, window.before, no_dilation, size));
    image.func = lowered.stored_funcs.back().func;
    image.element = -1;
  }

  const ImageAxes axes = AxesOfImage();
  const RDom r(0, channels, 0, window.size[1], 0, window.size[0]);
  const Expr first_channel = groups == 1 ? Expr(0) : axes.c / (filters / groups) * channels;
  Func sum = MakeFunc("conv", Axes(4), {0.0f});
  sum(axes.c, axes.x, axes.y, axes.n) +=
      w({r.z, r.y, r.x, axes.c}) * image({axes.n, axes.y * window.stride[0] + r.z * window.dilation[0],
                                          axes.x * window.stride[1] + r.y * window.dilation[1], first_channel + r.x});
  lowered.results = {MakeFunc("conv2d", Axes(4), {sum(axes.c, axes.x, axes.y, axes.n)})};
  lowered.accumulators = {{sum, r, Accumulator::Kind::kTile}};
  return lowered;
}

}  // namespace

const Algorithm kConv2D = {&LowerConv2D};

}  // namespace brine::codegen
