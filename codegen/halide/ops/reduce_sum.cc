#include <algorithm>

#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

constexpr int64_t kWorthParts = 8192;  // elements

// y = Σ of x over the attribute's axes.  Large sums are split along the outermost reduced axis into a fixed number of
// parts.  Each is summed in C order, and the parts are added in order.
Lowered LowerReduceSum(const LoweringContext& context) {
  const Tensor& x = context.in[0];
  const std::vector<int64_t>& reduced = context.attributes().Ints("axes");
  const bool keep = context.attributes().Bool("keep_dims");
  const std::vector<Var> axes = Axes(context.out[0].rank());
  const std::vector<Var> args = Reversed(axes);

  int64_t elements = 1;
  for (ir::Dim dim : x.type.shape) elements *= context.LargestExtent(dim);
  const int64_t most = reduced.empty() ? 1 : context.LargestExtent(x.type.shape[static_cast<size_t>(reduced[0])]);
  const bool cut = elements >= kWorthParts && most > 1;
  const int each = static_cast<int>((most + kMaxParts - 1) / kMaxParts),
            parts = static_cast<int>((most + each - 1) / each);

  // The domain has the innermost reduced axis first; with parts, its last axis covers one part.
  Halide::Region region;
  for (size_t at = reduced.size(); at-- > 0;) {
    const Expr extent = context.Extent(x.type.shape[static_cast<size_t>(reduced[at])]);
    region.push_back({0, cut && at == 0 ? Expr(each) : extent});
  }
  if (region.empty()) region.push_back({0, 1});
  RDom r(region);
  const Var part = Axis(context.out[0].rank());
  Index from;
  size_t next = 0;
  for (int axis = 0, output = 0; axis < x.type.rank(); ++axis) {
    if (std::find(reduced.begin(), reduced.end(), axis) == reduced.end()) {
      from.push_back(axes[static_cast<size_t>(output++)]);
      continue;
    }
    const Expr step = r[static_cast<int>(reduced.size() - 1 - next)];
    // Bounds inference cannot use the test below, so the index is clamped as well.
    from.push_back(cut && next == 0
                       ? Halide::min(part * each + step, context.Extent(x.type.shape[static_cast<size_t>(axis)]) - 1)
                       : step);
    if (keep) ++output;
    ++next;
  }

  Lowered lowered;
  if (!cut) {
    Func sum = MakeFunc("sum", axes, {0.0f});
    sum(args) += x(from);
    lowered = Pure(context, {sum(args)});
    lowered.accumulators = {{sum, r, Accumulator::Kind::kWindow}};
    return lowered;
  }

  r.where(part * each + r[static_cast<int>(reduced.size() - 1)] <
          context.Extent(x.type.shape[static_cast<size_t>(reduced[0])]));
  std::vector<Var> with_part = args;
  with_part.push_back(part);
  Func sum("part_sum"), partial("partial");
  sum(with_part) = 0.0f;
  sum(with_part) += x(from);
  partial(with_part) = sum(with_part);
  Root root;
  root.func = partial;
  root.shape = context.out[0].shape;
  root.shape.insert(root.shape.begin(), parts);
  root.accumulators = {{sum, r, Accumulator::Kind::kWindow}};

  const RDom all(0, parts);
  std::vector<Expr> reads(args.begin(), args.end());
  reads.push_back(all.x);
  Func total = MakeFunc("total", axes, {0.0f});
  total(args) += partial(reads);
  lowered = Pure(context, {total(args)});
  lowered.roots = {root};
  lowered.accumulators = {{total, all, Accumulator::Kind::kWindow}};
  return lowered;
}

}  // namespace

const Algorithm kReduceSum = {&LowerReduceSum};

}  // namespace brine::codegen
