#include "codegen/halide/matmul/problem.h"

#include "ir/kinds.h"

namespace brine::codegen {

MatmulProblem MatmulProblemOf(const KernelSpec& spec) {
  const ir::Node& hero = *spec.hero;
  const ir::Shape &a = spec.shape(hero.inputs[0]), &b = spec.shape(hero.inputs[1]), &y = spec.sums_shape();
  const ir::Transposes transposes = ir::TransposesOf(hero);
  MatmulProblem problem = {transposes.a, transposes.b, 1, 1, spec.Extent(y.back()), false};
  int64_t leading_elements = 1;
  for (size_t axis = 0; axis + 1 < a.size(); ++axis) leading_elements *= spec.Extent(a[axis]);
  problem.rows = problem.transpose_a ? spec.Extent(y[0]) : leading_elements;
  problem.depth = problem.transpose_a ? leading_elements : spec.Extent(a.back());
  problem.is_flat = a.size() == 2 && b.size() == 2 && y.size() == 2 && a[0] == ir::kBatch;
  return problem;
}

std::string NeedsForward(const MatmulProblem& problem) {
  return problem.transpose_a || problem.transpose_b ? "an operand is transposed" : "";
}

std::string NeedsTransposedB(const MatmulProblem& problem) {
  return !problem.transpose_a && problem.transpose_b ? "" : "its second operand is not transposed";
}

std::string NeedsFlat(const MatmulProblem& problem) {
  return problem.is_flat ? "" : "its operands are not matrices over n";
}

}  // namespace brine::codegen
