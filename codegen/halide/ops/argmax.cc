#include <limits>

#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

// y[…] = the index k of the largest x[…, k].  Of equal elements, the first one wins.
Lowered LowerArgmax(const LoweringContext& context) {
  const ir::Type& x = context.operands[0].type;
  const std::vector<Var> axes = Axes(context.result_types[0].rank());
  Func best = MakeFunc("best", axes, {std::numeric_limits<float>::lowest(), 0});
  const RDom r(0, static_cast<int>(x.shape.back()));
  Index element = ToIndex(axes);
  element.push_back(r.x);
  const std::vector<Var> args = Reversed(axes);
  const Expr value = context.operands[0](element), wins = value > best(args)[0];
  best(args) = Halide::Tuple(select(wins, value, best(args)[0]), select(wins, r.x, best(args)[1]));
  Lowered lowered = LowerPure(context, {best(args)[1]});
  lowered.accumulators = {{best, r, Accumulator::Kind::kWindow}};
  return lowered;
}

}  // namespace

const Algorithm kArgmax = {&LowerArgmax};

}  // namespace brine::codegen
