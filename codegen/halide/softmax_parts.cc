#include "codegen/halide/softmax_parts.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::Var;

SoftmaxParts MakeSoftmaxParts(const LoweringContext& context) {
  const Tensor& x = context.in[0];
  const std::vector<Var> axes = Axes(x.type.rank());
  const std::vector<Var> row(axes.begin(), axes.end() - 1);
  const std::vector<Var> args = Reversed(row);
  const int extent = static_cast<int>(x.type.shape.back());
  const Index here = ToIndex(axes);
  Index first = ToIndex(row), each = first, all = first;
  const Halide::RDom others(extent > 1 ? 1 : 0, extent > 1 ? extent - 1 : 1), every(0, extent);
  first.push_back(0);
  each.push_back(others.x);
  all.push_back(every.x);

  SoftmaxParts parts;
  Func top = MakeFunc("top", row, {x(first)});
  top(args) = Halide::max(top(args), x(each));
  Func total = MakeFunc("total", row, {0.0f});
  total(args) += Halide::exp(x(all) - top(args));
  parts.shifted = x(here) - top(args);
  parts.exponential = Halide::exp(parts.shifted);
  parts.total = total(args);
  parts.accumulators = {{top, others, Accumulator::Kind::kRow}, {total, every, Accumulator::Kind::kRow}};
  return parts;
}

}  // namespace brine::codegen
