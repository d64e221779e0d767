#include <limits>

#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::Var;

// y[…] = the index of the largest x[…, k]; the first one wins.
Lowered LowerArgmax(const LoweringContext& context) {
  const ir::Type& x = context.in[0].type;
  const std::vector<Var> axes = Axes(context.out[0].rank());
  Func best = MakeFunc("best", axes, {std::numeric_limits<float>::lowest(), 0});
  const RDom r(0, static_cast<int>(x.shape.back()));
  Index at = ToIndex(axes);
  at.push_back(r.x);
  const std::vector<Var> args = Reversed(axes);
  const Expr value = context.in[0](at), wins = value > best(args)[0];
  best(args) = Halide::Tuple(select(wins, value, best(args)[0]), select(wins, r.x, best(args)[1]));
  Lowered lowered = Pure(context, {best(args)[1]});
  lowered.accumulators = {{best, r, Accumulator::Kind::kWindow}};
  return lowered;
}

}  // namespace

const Algorithm kArgmax = {&LowerArgmax};

}  // namespace brine::codegen
