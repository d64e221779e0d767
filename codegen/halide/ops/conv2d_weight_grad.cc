#include <algorithm>

#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

// dw[a, b, c, f] = Σ over n, i, j of x[n, i·stride + a·dilation − pad, j·…, group(f)·C + c] · dy[n, i, j, f].
// The sum over images is cut into parts.
Lowered LowerConv2DWeightGrad(const LoweringContext& context) {
  const Tensor &x = context.operands[0], &dy = context.operands[1];
  const ir::Shape& shape = context.result_types[0].shape;
  const Window window = ir::ConvolutionWindow(context.node, shape);
  const int groups = ir::ConvolutionGroups(context.node);
  const int channels = static_cast<int>(shape[2]), filters = static_cast<int>(shape[3]);
  const int height = static_cast<int>(dy.type.shape[1]), width = static_cast<int>(dy.type.shape[2]);
  std::vector<StoredFunc> stored_funcs;

  Tensor image = x;
  if (window.is_padded()) {
    const int no_dilation[2] = {1, 1};
    const int size[2] = {static_cast<int>(x.type.shape[1]) + window.before[0] + window.after[0],
                         static_cast<int>(x.type.shape[2]) + window.before[1] + window.after[1]};
    stored_funcs.push_back(MakeBordered(x, window.before, no_dilation, size));
    image.func = stored_funcs.back().func;
    image.element = -1;
  }

  const Var f = Axis(0), c = Axis(1), b = Axis(2), a = Axis(3), part = Axis(4);
  const ReductionParts images(context, x.type.shape[0]);
  RDom r(0, width, 0, height, 0, images.elements_per_part());
  images.RestrictDomain(r, part, r.z);
  const Expr n = images.ElementIndex(part, r.z),
             first_channel = groups == 1 ? Expr(0) : f / (filters / groups) * channels;
  Func sum = MakeFunc("part_sum", Axes(5), {0.0f});
  sum(f, c, b, a, part) += image({n, r.y * window.stride[0] + a * window.dilation[0],
                                  r.x * window.stride[1] + b * window.dilation[1], first_channel + c}) *
                           dy({n, r.y, r.x, f});
  Lowered lowered = images.LowerTotal({sum, r, Accumulator::Kind::kTile}, shape);
  lowered.stored_funcs.insert(lowered.stored_funcs.begin(), stored_funcs.begin(), stored_funcs.end());
  return lowered;
}

}  // namespace

const Algorithm kConv2DWeightGrad = {&LowerConv2DWeightGrad};

}  // namespace brine::codegen
