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

Expr MovingAverage(const Expr& average, const Expr& weight, const Expr& next) {
  return average + weight * (next - average);
}
Expr Variance(const Expr& average_of_squares, const Expr& average) {
  return Halide::max(average_of_squares - average * average, 0.0f);
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
      const Expr next_m = MovingAverage(m, weight_of_g, g), next_v = MovingAverage(v, weight_of_square, g * g);
      return Values{p - rate * next_m / (Halide::sqrt(next_v) + epsilon), next_m, next_v};
    });

const Algorithm kAmsgrad = UpdateAlgorithm(
    [](const Attributes&, const Expr& p, const Expr& g, const Expr& m, const Expr& v, const Expr& largest,
       const Expr& rate, const Expr& weight_of_g, const Expr& weight_of_square, const Expr& epsilon) {
      const Expr next_m = MovingAverage(m, weight_of_g, g), next_v = MovingAverage(v, weight_of_square, g * g);
      const Expr next_largest = Halide::max(largest, next_v);
      return Values{p - rate * next_m / (Halide::sqrt(next_largest) + epsilon), next_m, next_v, next_largest};
    });

const Algorithm kAdamax = UpdateAlgorithm([](const Attributes&, const Expr& p, const Expr& g, const Expr& m,
                                             const Expr& norm, const Expr& rate, const Expr& weight_of_g,
                                             const Expr& decay, const Expr& epsilon) {
  const Expr next_m = MovingAverage(m, weight_of_g, g), next_norm = Halide::max(norm - decay * norm, Halide::abs(g));
  return Values{p - rate * next_m / (next_norm + epsilon), next_m, next_norm};
});

const Algorithm kNadam = UpdateAlgorithm(
    [](const Attributes&, const Expr& p, const Expr& g, const Expr& m, const Expr& v, const Expr& rate_of_m,
       const Expr& rate_of_g, const Expr& weight_of_g, const Expr& weight_of_square, const Expr& epsilon) {
      const Expr next_m = MovingAverage(m, weight_of_g, g), next_v = MovingAverage(v, weight_of_square, g * g);
      return Values{p - (rate_of_m * next_m + rate_of_g * g) / (Halide::sqrt(next_v) + epsilon), next_m, next_v};
    });

const Algorithm kRmsprop = UpdateAlgorithm([](const Attributes&, const Expr& p, const Expr& g, const Expr& velocity,
                                              const Expr& rate, const Expr& weight, const Expr& epsilon) {
  const Expr next = MovingAverage(velocity, weight, g * g);
  return Values{p - rate * g / Halide::sqrt(next + epsilon), next};
});

const Algorithm kRmspropMomentum =
    UpdateAlgorithm([](const Attributes&, const Expr& p, const Expr& g, const Expr& velocity, const Expr& step,
                       const Expr& rate, const Expr& weight, const Expr& epsilon, const Expr& momentum) {
      const Expr next = MovingAverage(velocity, weight, g * g);
      const Expr next_step = momentum * step + rate * g / Halide::sqrt(next + epsilon);
      return Values{p - next_step, next, next_step};
    });

const Algorithm kCenteredRmsprop =
    UpdateAlgorithm([](const Attributes&, const Expr& p, const Expr& g, const Expr& velocity, const Expr& average,
                       const Expr& rate, const Expr& weight, const Expr& epsilon) {
      const Expr next = MovingAverage(velocity, weight, g * g), next_average = MovingAverage(average, weight, g);
      return Values{p - rate * g / Halide::sqrt(Variance(next, next_average) + epsilon), next, next_average};
    });

const Algorithm kCenteredRmspropMomentum = UpdateAlgorithm(
    [](const Attributes&, const Expr& p, const Expr& g, const Expr& velocity, const Expr& average, const Expr& step,
       const Expr& rate, const Expr& weight, const Expr& epsilon, const Expr& momentum) {
      const Expr next = MovingAverage(velocity, weight, g * g), next_average = MovingAverage(average, weight, g);
      const Expr next_step = momentum * step + rate * g / Halide::sqrt(Variance(next, next_average) + epsilon);
      return Values{p - next_step, next, next_average, next_step};
    });

const Algorithm kAdagrad = UpdateAlgorithm([](const Attributes&, const Expr& p, const Expr& g, const Expr& accumulator,
                                              const Expr& rate, const Expr& epsilon) {
  const Expr next = accumulator + g * g;
  return Values{p - rate * g / Halide::sqrt(next + epsilon), next};
});

const Algorithm kAdadelta =
    UpdateAlgorithm([](const Attributes&, const Expr& p, const Expr& g, const Expr& of_gradients, const Expr& of_steps,
                       const Expr& rate, const Expr& weight, const Expr& epsilon) {
      const Expr next = MovingAverage(of_gradients, weight, g * g);
      const Expr step = Halide::sqrt(of_steps + epsilon) / Halide::sqrt(next + epsilon) * g;
      return Values{p - rate * step, next, MovingAverage(of_steps, weight, step * step)};
    });

const Algorithm kLion = UpdateAlgorithm([](const Attributes&, const Expr& p, const Expr& g, const Expr& m,
                                           const Expr& rate, const Expr& weight_in_step, const Expr& weight_in_m) {
  const Expr direction = MovingAverage(m, weight_in_step, g);
  const Expr sign = Halide::select(direction > 0, 1.0f, direction < 0, -1.0f, 0.0f);
  return Values{p - rate * sign, MovingAverage(m, weight_in_m, g)};
});

}  // namespace brine::codegen
