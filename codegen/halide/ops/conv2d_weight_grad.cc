#include <algorithm>

#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

// dw[a, b, c, f] = Σ over n, i, j of x[n, i·stride + a·dilation − pad, j·…, group(f)·C + c] · dy[n, i, j, f].
// The images are divided into a fixed number of parts.  Each part sums its images in order, and the parts are added in
// order.
Lowered LowerConv2DWeightGrad(const LoweringContext& context) {
  const Tensor &x = context.in[0], &dy = context.in[1];
  const ir::Shape& shape = context.out[0].shape;
  const Window window = ir::ConvolutionWindow(context.node, shape);
  const int groups = ir::ConvolutionGroups(context.node);
  const int channels = static_cast<int>(shape[2]), filters = static_cast<int>(shape[3]);
  const int height = static_cast<int>(dy.type.shape[1]), width = static_cast<int>(dy.type.shape[2]);
  const ir::Dim images = x.type.shape[0];
  const int most = static_cast<int>(context.LargestExtent(images));
  const int each = (most + kMaxParts - 1) / kMaxParts, parts = (most + each - 1) / each;
  Lowered lowered;

  Tensor image = x;
  if (window.padded()) {
    const int spread[2] = {1, 1};
    const int size[2] = {static_cast<int>(x.type.shape[1]) + window.before[0] + window.after[0],
                         static_cast<int>(x.type.shape[2]) + window.before[1] + window.after[1]};
    lowered.roots.push_back(MakeBordered(x, window.before, spread, size));
    image.func = lowered.roots.back().func;
    image.element = -1;
  }

  const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3), part = Axis(4);
  RDom r(0, width, 0, height, 0, each);
  // Bounds inference cannot use the test, so the index is clamped as well.
  const Expr number = part * each + r.z, n = Halide::min(number, context.Extent(images) - 1),
             group = groups == 1 ? Expr(0) : f / (filters / groups) * channels;
  r.where(number < context.Extent(images));
  Func sum = MakeFunc("part_sum", Axes(5), {0.0f});
  sum(f, c, b, a, part) += image({n, r.y * window.stride[0] + a * window.dilation[0],
                                  r.x * window.stride[1] + b * window.dilation[1], group + c}) *
                           dy({n, r.y, r.x, f});
  Root partial;
  partial.func = MakeFunc("partial", Axes(5), {sum(f, c, b, a, part)});
  partial.shape = {parts, window.size[0], window.size[1], channels, filters};
  partial.accumulators = {{sum, r, Accumulator::Kind::kTile}};
  lowered.roots.push_back(partial);

  const RDom all(0, parts);
  Func total = MakeFunc("total", Axes(4), {0.0f});
  total(f, c, b, a) += partial.func(f, c, b, a, all.x);
  lowered.results = {MakeFunc("conv2d_weight_grad", Axes(4), {total(f, c, b, a)})};
  lowered.accumulators = {{total, all, Accumulator::Kind::kWindow}};
  return lowered;
}

}  // namespace

const Algorithm kConv2DWeightGrad = {&LowerConv2DWeightGrad};

}  // namespace brine::codegen
