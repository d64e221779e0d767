#include "codegen/halide/softmax_parts.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::Var;

SoftmaxParts MakeSoftmaxParts(const LoweringContext& context) {
  const Tensor& x = context.operands[0];
  const std::vector<Var> axes = Axes(x.type.rank());
  const std::vector<Var> row(axes.begin(), axes.end() - 1);
  const std::vector<Var> row_args = Reversed(row);
  const int extent = static_cast<int>(x.type.shape.back());
  const Index element = ToIndex(axes);
  Index first_index = ToIndex(row), other_index = first_index, each_index = first_index;
  // The maximum begins with the first element.  The first one is compared with itself where a domain would be empty,
  // and where the row then has a whole number of vectors.
  const bool skips_first = extent > 1 && extent % context.machine.lanes != 0;
  const Halide::RDom others(skips_first ? 1 : 0, skips_first ? extent - 1 : extent), all(0, extent);
  first_index.push_back(0);
  other_index.push_back(others.x);
  each_index.push_back(all.x);

  SoftmaxParts parts;
  Func top = MakeFunc("top", row, {x(first_index)});
  top(row_args) = Halide::max(top(row_args), x(other_index));
  Func total = MakeFunc("total", row, {0.0f});
  total(row_args) += Halide::exp(x(each_index) - top(row_args));
  parts.shifted = x(element) - top(row_args);
  parts.exponential = Halide::exp(parts.shifted);
  parts.total = total(row_args);
  parts.accumulators = {{top, others, Accumulator::Kind::kRow, true}, {total, all, Accumulator::Kind::kRow, true}};
  return parts;
}

}  // namespace brine::codegen
