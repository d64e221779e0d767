// The updates of optimizers as Halide formulas, with the same rows as ir/ops/updates.cc.
#include "ir/ops/updates.h"

#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

using Halide::Expr;
using ir::Attributes;
using Values = std::vector<Expr>;  // the new p and the new slots

template <typename Formula>
Algorithm UpdateAlgorithm(Formula) {
  return {[](const LoweringContext& context) {
    const Index index = ToIndex(Axes(context.result_types[0].rank()));
    const size_t tensors = ir::TensorOperands(*context.node.op);
    return LowerPure(context, ir::CallFormula<Expr>(Formula{}, context.attributes(), [&](size_t operand) {
                       return context.operands[operand](operand < tensors ? index : Index());
                     }));
  }};
}

}  // namespace

const Algorithm kSgd = UpdateAlgorithm(
    [](const Attributes&, const Expr& p, const Expr& g, const Expr& rate) { return Values{p - rate * g}; });

const Algorithm kMomentum = UpdateAlgorithm([](const Attributes& attributes, const Expr& p, const Expr& g,
                                               const Expr& velocity, const Expr& rate, const Expr& momentum) {
  const Expr step = rate * g, next = momentum * velocity - step;
  return Values{attributes.Bool("nesterov") ? p + momentum * next - step : p + next, next};
});

const Algorithm kAdam =
    UpdateAlgorithm([](const Attributes&, const Expr& p, const Expr& g, const Expr& m, const Expr& v, const Expr& rate,
                       const Expr& weight_of_g, const Expr& weight_of_square, const Expr& epsilon) {
      const auto moving_average = [](const Expr& average, const Expr& weight, const Expr& next) {
        return average + weight * (next - average);
      };
      const Expr next_m = moving_average(m, weight_of_g, g), next_v = moving_average(v, weight_of_square, g * g);
      return Values{p - rate * next_m / (Halide::sqrt(next_v) + epsilon), next_m, next_v};
    });

}  // namespace brine::codegen
