#include "codegen/halide/images.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

// With eight groups of two channels, the products with zeros cost more than they save (1.3 ms against 0.9).
constexpr int kMaxGroupsAtOnce = 4;

// How many groups are computed as one: as many as fill a vector with their channels.  Then all channels of a vector
// read the same filters, and those of other groups are multiplied by zeros.  Otherwise each channel reads its own.
int GroupsAtOnce(int groups, int channels, int lanes) {
  const int count = channels < lanes && lanes % channels == 0 ? lanes / channels : 1;
  return groups % count == 0 && count <= kMaxGroupsAtOnce ? count : 1;
}

// dx[n, i, j, c] = Σ over a, b, f of dy[n, (i + pad − a·dilation) / stride, …, f] · w[a, b, c, f] where both divisions
// leave no remainder.  dy is copied with a border and with stride − 1 zeros between its pixels, and w is copied with c
// innermost, so that this becomes a convolution of stride 1.
Lowered LowerConv2DInputGrad(const LoweringContext& context) {
  const Tensor &dy = context.operands[0], &w = context.operands[1];
  const Window window = ir::ConvolutionWindow(context.node, w.type.shape);
  const int own_groups = ir::ConvolutionGroups(context.node), own_channels = static_cast<int>(w.type.shape[2]),
            own_filters = static_cast<int>(w.type.shape[3]) / own_groups;
  const int at_once = GroupsAtOnce(own_groups, own_channels, context.machine.lanes);
  const int groups = own_groups / at_once, channels = own_channels * at_once, filters = own_filters * at_once;
  Lowered lowered;

  int before[2], size[2];
  for (int axis = 0; axis < 2; ++axis) {
    // The border before the first pixel makes all indices into the copy nonnegative; `position` below adds it.
    before[axis] = window.extent(axis) - 1;
    size[axis] = static_cast<int>(context.result_types[0].shape[static_cast<size_t>(axis) + 1]) + window.before[axis] +
                 window.extent(axis) - 1;
  }
  lowered.stored_funcs.push_back(MakeBordered(dy, before, window.stride, size));
  Tensor dilated = dy;
  dilated.func = lowered.stored_funcs[0].func;
  dilated.element = -1;

  const Var c = Axis(0), f = Axis(1), b = Axis(2), a = Axis(3), g = Axis(4);
  StoredFunc packed;  // [group, a, b, f, c]
  const Expr weight = w({a, b, at_once == 1 ? Expr(c) : c % own_channels, g * filters + f});
  packed.func = MakeFunc("packed", Axes(5),
                         {at_once == 1 ? weight : Halide::select(f / own_filters == c / own_channels, weight, 0.0f)});
  packed.shape = {groups, window.size[0], window.size[1], filters, channels};
  lowered.stored_funcs.push_back(packed);

  const ImageAxes axes = AxesOfImage();
  const RDom r(0, filters, 0, window.size[1], 0, window.size[0]);
  const Expr group = groups == 1 ? Expr(0) : axes.c / channels,
             channel = groups == 1 ? Expr(axes.c) : axes.c % channels;
  const auto position = [&](const Var& coordinate, const Expr& tap, int axis) {
    return coordinate + window.before[axis] + window.extent(axis) - 1 - tap * window.dilation[axis];
  };
  Func sum = MakeFunc("conv", Axes(4), {0.0f});
  sum(axes.c, axes.x, axes.y, axes.n) +=
      packed.func(channel, r.x, r.y, r.z, group) *
      dilated({axes.n, position(axes.y, r.z, 0), position(axes.x, r.y, 1), group * filters + r.x});
  lowered.results = {MakeFunc("conv2d_input_grad", Axes(4), {sum(axes.c, axes.x, axes.y, axes.n)})};
  lowered.accumulators = {{sum, r, Accumulator::Kind::kTile}};
  return lowered;
}

}  // namespace

const Algorithm kConv2DInputGrad = {&LowerConv2DInputGrad};

}  // namespace brine::codegen
