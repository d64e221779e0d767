// The table of optimizers' updates: one row each.  codegen/halide/ops/updates.cc has the same rows for Halide.
#include "ir/ops/updates.h"

#include <algorithm>
#include <cmath>

namespace brine::ir {
namespace {

// Each average is computed from the one number 1 − beta, so that its two weights add up to 1 however that number was
// rounded.  If beta and 1 − beta were rounded to float separately, Adam's v would in the long run be wrong by a factor
// of 1 + 1.3e-5 for beta_2 = 0.999.
template <typename Real>
Real MovingAverage(Real average, Real weight, Real next) {
  return average + weight * (next - average);
}

// The average of squares minus the square of the average, which is at least 0 but for rounding.
template <typename Real>
Real Variance(Real average_of_squares, Real average) {
  return std::max(average_of_squares - average * average, Real(0));
}

int64_t FlopsOfMomentum(const OpTypes& types, absl::Span<const Type> outputs, int64_t rows) {
  return Product({types.attributes.Bool("nesterov") ? 6 : 4, Elements(outputs[0], rows)});
}

}  // namespace

// Formatted by hand, as in elementwise.cc.
// clang-format off
const Op kSgd = MakeUpdate<kSgd>(
    [](const Attributes&, auto p, auto g, auto rate) { return std::array{p - rate * g}; },
    {
        .name = "sgd",
        .doc = "p' = p − rate·g. p and g are f32 of one shape, rate f32[].",
        .operands = {"p", "g", "rate"},
        .results = {"p"},
        .flops = FlopsAnElement<2>,
        .cost = 2,
    });

const Op kMomentum = MakeUpdate<kMomentum>(
    [](const Attributes& attributes, auto p, auto g, auto velocity, auto rate, auto momentum) {
      const auto step = rate * g;
      velocity = momentum * velocity - step;
      return std::array{p + (attributes.Bool("nesterov") ? momentum * velocity - step : velocity), velocity};
    },
    {
        .name = "momentum",
        .doc = "v' = momentum·v − rate·g; p' = p + v', with nesterov p + momentum·v' − rate·g. p, g and the velocity v "
               "are f32 of one shape, rate and momentum f32[].",
        .operands = {"p", "g", "velocity", "rate", "momentum"},
        .results = {"p", "velocity"},
        .attributes = {{"nesterov", AttributeKind::kBool, "look ahead by one step", true, false}},
        .flops = FlopsOfMomentum,
        .cost = 4,
    });

// An element takes 3 operations for m, 4 for v and 5 for p; the root and the quotient cost more than one.
const Op kAdam = MakeUpdate<kAdam>(
    [](const Attributes&, auto p, auto g, auto m, auto v, auto rate, auto weight_of_g, auto weight_of_square,
       auto epsilon) {
      m = MovingAverage(m, weight_of_g, g);
      v = MovingAverage(v, weight_of_square, g * g);
      return std::array{p - rate * m / (std::sqrt(v) + epsilon), m, v};
    },
    {
        .name = "adam",
        .doc = "m' = m + a·(g − m) and v' = v + b·(g² − v), where a is one_minus_beta_1 and b one_minus_beta_2; "
               "p' = p − rate·m' / (√v' + epsilon). p, g, m and v are f32 of one shape, the others f32[], from the "
               "host. rate is Adam's corrected one, learning_rate·√(1 − beta_2ᵗ) / (1 − beta_1ᵗ).",
        .operands = {"p", "g", "m", "v", "rate", "one_minus_beta_1", "one_minus_beta_2", "epsilon"},
        .results = {"p", "m", "v"},
        .flops = FlopsAnElement<12>,
        .cost = 15,
        .squares_gradient = true,
    });

const Op kAmsgrad = MakeUpdate<kAmsgrad>(
    [](const Attributes&, auto p, auto g, auto m, auto v, auto largest, auto rate, auto weight_of_g,
       auto weight_of_square, auto epsilon) {
      m = MovingAverage(m, weight_of_g, g);
      v = MovingAverage(v, weight_of_square, g * g);
      largest = std::max(largest, v);
      return std::array{p - rate * m / (std::sqrt(largest) + epsilon), m, v, largest};
    },
    {
        .name = "amsgrad",
        .doc = "m' and v' are those of adam; v_hat' = max(v_hat, v'); p' = p − rate·m' / (√v_hat' + epsilon). p, g, m, "
               "v and v_hat are f32 of one shape, the others f32[], from the host. rate is that of adam.",
        .operands = {"p", "g", "m", "v", "v_hat", "rate", "one_minus_beta_1", "one_minus_beta_2", "epsilon"},
        .results = {"p", "m", "v", "v_hat"},
        .flops = FlopsAnElement<13>,
        .cost = 16,
        .squares_gradient = true,
    });

const Op kAdamax = MakeUpdate<kAdamax>(
    [](const Attributes&, auto p, auto g, auto m, auto norm, auto rate, auto weight_of_g, auto decay, auto epsilon) {
      m = MovingAverage(m, weight_of_g, g);
      norm = std::max(norm - decay * norm, std::abs(g));
      return std::array{p - rate * m / (norm + epsilon), m, norm};
    },
    {
        .name = "adamax",
        .doc = "m' = m + a·(g − m) and norm' = max(norm − b·norm, |g|), where a is one_minus_beta_1 and b "
               "one_minus_beta_2; p' = p − rate·m' / (norm' + epsilon). p, g, m and norm are f32 of one shape, the "
               "others f32[], from the host. rate is learning_rate / (1 − beta_1ᵗ).",
        .operands = {"p", "g", "m", "norm", "rate", "one_minus_beta_1", "one_minus_beta_2", "epsilon"},
        .results = {"p", "m", "norm"},
        .flops = FlopsAnElement<11>,
        .cost = 13,
    });

const Op kNadam = MakeUpdate<kNadam>(
    [](const Attributes&, auto p, auto g, auto m, auto v, auto rate_of_m, auto rate_of_g, auto weight_of_g,
       auto weight_of_square, auto epsilon) {
      m = MovingAverage(m, weight_of_g, g);
      v = MovingAverage(v, weight_of_square, g * g);
      return std::array{p - (rate_of_m * m + rate_of_g * g) / (std::sqrt(v) + epsilon), m, v};
    },
    {
        .name = "nadam",
        .doc = "m' and v' are those of adam; p' = p − (rate_of_m·m' + rate_of_g·g) / (√v' + epsilon). p, g, m and v "
               "are f32 of one shape, the others f32[], from the host. The rates and epsilon include the corrections "
               "of Dozat 2016: with u(t) = beta_1·(1 − 0.96ᵗ/2), U(t) = u(1)·…·u(t) and c = √(1 − beta_2ᵗ), rate_of_m "
               "is learning_rate·c·u(t + 1) / (1 − U(t + 1)), rate_of_g is learning_rate·c·(1 − u(t)) / (1 − U(t)), "
               "and epsilon is the optimizer's times c.",
        .operands = {"p", "g", "m", "v", "rate_of_m", "rate_of_g", "one_minus_beta_1", "one_minus_beta_2", "epsilon"},
        .results = {"p", "m", "v"},
        .flops = FlopsAnElement<14>,
        .cost = 17,
        .squares_gradient = true,
    });

const Op kRmsprop = MakeUpdate<kRmsprop>(
    [](const Attributes&, auto p, auto g, auto velocity, auto rate, auto weight, auto epsilon) {
      velocity = MovingAverage(velocity, weight, g * g);
      return std::array{p - rate * g / std::sqrt(velocity + epsilon), velocity};
    },
    {
        .name = "rmsprop",
        .doc = "v' = v + one_minus_rho·(g² − v), where v is the velocity; p' = p − rate·g / √(v' + epsilon). p, g and "
               "velocity are f32 of one shape, the others f32[].",
        .operands = {"p", "g", "velocity", "rate", "one_minus_rho", "epsilon"},
        .results = {"p", "velocity"},
        .flops = FlopsAnElement<9>,
        .cost = 12,
        .squares_gradient = true,
    });

const Op kRmspropMomentum = MakeUpdate<kRmspropMomentum>(
    [](const Attributes&, auto p, auto g, auto velocity, auto step, auto rate, auto weight, auto epsilon,
       auto momentum) {
      velocity = MovingAverage(velocity, weight, g * g);
      step = momentum * step + rate * g / std::sqrt(velocity + epsilon);
      return std::array{p - step, velocity, step};
    },
    {
        .name = "rmsprop_momentum",
        .doc = "v' is that of rmsprop; step' = momentum·step + rate·g / √(v' + epsilon); p' = p − step'. p, g, velocity "
               "and step are f32 of one shape, the others f32[].",
        .operands = {"p", "g", "velocity", "step", "rate", "one_minus_rho", "epsilon", "momentum"},
        .results = {"p", "velocity", "step"},
        .flops = FlopsAnElement<11>,
        .cost = 14,
        .squares_gradient = true,
    });

const Op kCenteredRmsprop = MakeUpdate<kCenteredRmsprop>(
    [](const Attributes&, auto p, auto g, auto velocity, auto average, auto rate, auto weight, auto epsilon) {
      velocity = MovingAverage(velocity, weight, g * g);
      average = MovingAverage(average, weight, g);
      return std::array{p - rate * g / std::sqrt(Variance(velocity, average) + epsilon), velocity, average};
    },
    {
        .name = "centered_rmsprop",
        .doc = "v' is that of rmsprop; a' = a + one_minus_rho·(g − a), where a is the average gradient; p' = p − "
               "rate·g / √(max(v' − a'², 0) + epsilon). Only rounding can make v' − a'² negative. p, g, velocity and "
               "average_gradient are f32 of one shape, the others f32[].",
        .operands = {"p", "g", "velocity", "average_gradient", "rate", "one_minus_rho", "epsilon"},
        .results = {"p", "velocity", "average_gradient"},
        .flops = FlopsAnElement<15>,
        .cost = 18,
        .squares_gradient = true,
    });

const Op kCenteredRmspropMomentum = MakeUpdate<kCenteredRmspropMomentum>(
    [](const Attributes&, auto p, auto g, auto velocity, auto average, auto step, auto rate, auto weight, auto epsilon,
       auto momentum) {
      velocity = MovingAverage(velocity, weight, g * g);
      average = MovingAverage(average, weight, g);
      step = momentum * step + rate * g / std::sqrt(Variance(velocity, average) + epsilon);
      return std::array{p - step, velocity, average, step};
    },
    {
        .name = "centered_rmsprop_momentum",
        .doc = "v' and a' are those of centered_rmsprop; step' = momentum·step + rate·g / √(max(v' − a'², 0) + epsilon); "
               "p' = p − step'. p, g, velocity, average_gradient and step are f32 of one shape, the others f32[].",
        .operands = {"p", "g", "velocity", "average_gradient", "step", "rate", "one_minus_rho", "epsilon", "momentum"},
        .results = {"p", "velocity", "average_gradient", "step"},
        .flops = FlopsAnElement<17>,
        .cost = 20,
        .squares_gradient = true,
    });

const Op kAdagrad = MakeUpdate<kAdagrad>(
    [](const Attributes&, auto p, auto g, auto accumulator, auto rate, auto epsilon) {
      accumulator = accumulator + g * g;
      return std::array{p - rate * g / std::sqrt(accumulator + epsilon), accumulator};
    },
    {
        .name = "adagrad",
        .doc = "s' = s + g², where s is the accumulator; p' = p − rate·g / √(s' + epsilon). p, g and accumulator are "
               "f32 of one shape, the others f32[].",
        .operands = {"p", "g", "accumulator", "rate", "epsilon"},
        .results = {"p", "accumulator"},
        .flops = FlopsAnElement<7>,
        .cost = 10,
        .squares_gradient = true,
    });

const Op kAdadelta = MakeUpdate<kAdadelta>(
    [](const Attributes&, auto p, auto g, auto of_gradients, auto of_steps, auto rate, auto weight, auto epsilon) {
      of_gradients = MovingAverage(of_gradients, weight, g * g);
      const auto step = std::sqrt(of_steps + epsilon) / std::sqrt(of_gradients + epsilon) * g;
      of_steps = MovingAverage(of_steps, weight, step * step);
      return std::array{p - rate * step, of_gradients, of_steps};
    },
    {
        .name = "adadelta",
        .doc = "s' = s + one_minus_rho·(g² − s), step = √(d + epsilon) / √(s' + epsilon)·g, d' = d + "
               "one_minus_rho·(step² − d), where s is accumulated_grad and d accumulated_delta_var; p' = p − rate·step. "
               "p, g, accumulated_grad and accumulated_delta_var are f32 of one shape, the others f32[].",
        .operands = {"p", "g", "accumulated_grad", "accumulated_delta_var", "rate", "one_minus_rho", "epsilon"},
        .results = {"p", "accumulated_grad", "accumulated_delta_var"},
        .flops = FlopsAnElement<16>,
        .cost = 21,
        .squares_gradient = true,
    });

const Op kLion = MakeUpdate<kLion>(
    [](const Attributes&, auto p, auto g, auto m, auto rate, auto weight_in_step, auto weight_in_m) {
      const auto direction = MovingAverage(m, weight_in_step, g);
      const auto sign = decltype(p)(direction > 0) - decltype(p)(direction < 0);
      return std::array{p - rate * sign, MovingAverage(m, weight_in_m, g)};
    },
    {
        .name = "lion",
        .doc = "p' = p − rate·sign(m + a·(g − m)) and m' = m + b·(g − m), where a is one_minus_beta_1 and b "
               "one_minus_beta_2; sign(0) = 0. p, g and m are f32 of one shape, the others f32[].",
        .operands = {"p", "g", "m", "rate", "one_minus_beta_1", "one_minus_beta_2"},
        .results = {"p", "m"},
        .flops = FlopsAnElement<9>,
        .cost = 9,
    });
// clang-format on

}  // namespace brine::ir
