#include "codegen/halide/algorithm.h"

namespace brine::codegen {
namespace {

// y = 0 where the element's random number is below the rate, else x / (1 − rate).
Lowered LowerDropout(const LoweringContext& context) {
  const auto& in = context.in;  // x, rate, seed, step
  const Index at = ToIndex(Axes(context.out[0].rank()));
  const Halide::Expr u =
      RandomUniform(Flatten(context, context.out[0].shape, context.at), in[2], in[3], context.attributes().Int("id"));
  return Pure(context, {Halide::select(u < in[1]({}), 0.0f, in[0](at) / (1.0f - in[1]({})))});
}

}  // namespace

const Algorithm kDropout = {&LowerDropout};

}  // namespace brine::codegen
