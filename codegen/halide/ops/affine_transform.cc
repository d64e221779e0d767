#include "codegen/halide/images.h"
#include "codegen/halide/ops/sampling.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y[n, i, j, c] = x[n] at row b0·j + b1·i + b2 and column a0·j + a1·i + a2, with (a0, …, b2) = transform[n].
Lowered LowerAffineTransform(const LoweringContext& context) {
  const ImageAxes axes = AxesOfImage();
  const auto position = [&](int first) {
    const auto coefficient = [&](int number) { return context.operands[1]({axes.n, Expr(first + number)}); };
    const Expr sum =
        coefficient(0) * Halide::cast<float>(axes.x) + (coefficient(1) * Halide::cast<float>(axes.y) + coefficient(2));
    constexpr float kLimit = 1 << 20;
    return Halide::clamp(sum, -kLimit, kLimit);
  };
  return LowerPure(context, {SampleImage(context, axes.n, position(3), position(0))});
}

}  // namespace

const Algorithm kAffineTransform = {&LowerAffineTransform};

}  // namespace brine::codegen
