#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// v' = μ·v − rate·g; p' = p + v', or with Nesterov p + μ·v' − rate·g.
Lowered LowerMomentum(const LoweringContext& context) {
  const Index at = ToIndex(Axes(context.out[0].rank()));
  const auto& in = context.in;  // p, g, velocity, rate, momentum
  const Halide::Expr p = in[0](at), pull = in[3]({}) * in[1](at), momentum = in[4]({});
  const Halide::Expr velocity = momentum * in[2](at) - pull;
  return Pure(context,
              {context.attributes().Bool("nesterov") ? p + momentum * velocity - pull : p + velocity, velocity});
}

}  // namespace

const Algorithm kMomentum = {&LowerMomentum};

}  // namespace brine::codegen
