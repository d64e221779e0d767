#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;

// y[n, i, j, f] = Σ over a, b, c of x[n, i·stride + a·dilation − pad, j·…, group(f)·C + c] · w[a, b, c, f].
Lowered LowerConv2D(const LoweringContext& context) {
  const Tensor &x = context.in[0], &w = context.in[1];
  const Window window = ir::ConvolutionWindow(context.node, w.type.shape);
  const int channels = static_cast<int>(w.type.shape[2]), groups = ir::ConvolutionGroups(context.node);
  const int filters = static_cast<int>(w.type.shape[3]);
  Lowered lowered;

  // With padding, the image is copied once with its border, so that the sums need no tests.
  Tensor image = x;
  const bool padded = window.is_padded();
  if (padded) {
    const int spread[2] = {1, 1};
    const int size[2] = {static_cast<int>(x.type.shape[1]) + window.before[0] + window.after[0],
                         static_cast<int>(x.type.shape[2]) + window.before[1] + window.after[1]};
    lowered.roots.push_back(MakeBordered(x, window.before, spread, size));
    image.func = lowered.roots.back().func;
    image.element = -1;
  }

  const ImageAxes at = AxesOfImage();
  const RDom r(0, channels, 0, window.size[1], 0, window.size[0]);
  const Expr group = groups == 1 ? Expr(0) : at.c / (filters / groups) * channels;
  Func sum = MakeFunc("conv", Axes(4), {0.0f});
  sum(at.c, at.x, at.y, at.n) +=
      w({r.z, r.y, r.x, at.c}) * image({at.n, at.y * window.stride[0] + r.z * window.dilation[0],
                                        at.x * window.stride[1] + r.y * window.dilation[1], group + r.x});
  lowered.results = {MakeFunc("conv2d", Axes(4), {sum(at.c, at.x, at.y, at.n)})};
  lowered.accumulators = {{sum, r, Accumulator::Kind::kTile}};
  return lowered;
}

}  // namespace

const Algorithm kConv2D = {&LowerConv2D};

}  // namespace brine::codegen
