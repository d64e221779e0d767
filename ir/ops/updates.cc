// The table of optimizers' updates: one row each.  codegen/halide/ops/updates.cc has the same rows for Halide.
#include "ir/ops/updates.h"

#include <cmath>

namespace brine::ir {
namespace {

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

// Each average is computed from the one number 1 − beta, so that its two weights add up to 1 however that number was
// rounded.  If beta and 1 − beta were rounded to float separately, v would in the long run be wrong by a factor of
// 1 + 1.3e-5 for beta_2 = 0.999.
//
// An element takes 3 operations for m, 4 for v and 5 for p; the root and the quotient cost more than one.
const Op kAdam = MakeUpdate<kAdam>(
    [](const Attributes&, auto p, auto g, auto m, auto v, auto rate, auto weight_of_g, auto weight_of_square,
       auto epsilon) {
      m = m + weight_of_g * (g - m);
      v = v + weight_of_square * (g * g - v);
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
// clang-format on

}  // namespace brine::ir
