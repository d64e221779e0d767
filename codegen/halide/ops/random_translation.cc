#include "codegen/halide/images.h"
#include "codegen/halide/ops/sampling.h"

namespace brine::codegen {
namespace {

using Halide::Expr;

// y[n, i, j, c] = x[n] at (i − dy, j − dx), where dy = (lo + (hi − lo)·u(2n))·height, and dx the same for the width
// with u(2n + 1).  u(k) is random number k.  The operands are x, seed and step.
Lowered LowerRandomTranslation(const LoweringContext& context) {
  const Tensor& x = context.operands[0];
  const ir::Attributes& attributes = context.attributes();
  const ImageAxes axes = AxesOfImage();
  const Halide::Var sample = Axis(0);
  const int height = static_cast<int>(x.type.shape[1]), width = static_cast<int>(x.type.shape[2]);

  const auto shift = [&](const char* attribute, int size, int number) {
    const std::vector<double>& range = attributes.Floats(attribute);
    const Expr element = 2 * RowOfBatch(sample, context.operands[2]) + number;
    const Expr u = RandomUniform(element, context.operands[1], context.operands[2], attributes.Int("id"));
    return (static_cast<float>(range[0]) + static_cast<float>(range[1] - range[0]) * u) * static_cast<float>(size);
  };
  StoredFunc shifts;  // [n]: dy and dx
  shifts.func = MakeFunc("shifts", {sample}, {shift("height_factor", height, 0), shift("width_factor", width, 1)});
  shifts.shape = {x.type.shape[0]};
  const Expr row = Halide::cast<float>(axes.y) - shifts.func(axes.n)[0],
             column = Halide::cast<float>(axes.x) - shifts.func(axes.n)[1];

  Lowered lowered = LowerPure(context, {SampleImage(context, axes.n, row, column)});
  lowered.stored_funcs = {shifts};
  return lowered;
}

}  // namespace

const Algorithm kRandomTranslation = {&LowerRandomTranslation};

}  // namespace brine::codegen
