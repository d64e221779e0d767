#include "codegen/halide/sparse/sparse_gradient.h"

#include "codegen/halide/cost.h"
#include "ir/op.h"

namespace brine::codegen {

std::string FindSparseGradient(const KernelSpec& spec, ir::ValueId dy, SparseGradient* gradient) {
  const ConvProblem conv = ConvProblemOf(spec);
  if (std::string reason = NeedsOneGroup(conv); !reason.empty()) return reason;
  if (std::string reason = NeedsNoDilation(conv); !reason.empty()) return reason;
  const auto extent = [&](ir::ValueId value, size_t axis) { return static_cast<int>(spec.shape(value)[axis]); };
  const ir::Node* const producer = spec.Producer(dy);
  if (producer == nullptr) {
    *gradient = {.values = dy,
                 .rows = extent(dy, 1),
                 .columns = extent(dy, 2),
                 .filters = extent(dy, 3),
                 .step_columns = conv.window.stride[1],
                 .step_rows = conv.window.stride[0],
                 .nonzero_share = spec.IsSparse(dy) ? spec.nonzero_share : 1};
    return "";
  }
  if (producer->op->argmax_operand < 0) return "its gradient is computed in the kernel, but not from an argmax";
  if (spec.IsOutput(dy)) return "the gradient that leaves the pool is stored";
  const ir::ValueId values = producer->inputs[0],
                    argmax = producer->inputs[static_cast<size_t>(producer->op->argmax_operand)];
  if (!spec.IsParameter(values) || !spec.IsParameter(argmax))
    return "the gradient that reaches the pool is computed in the kernel";
  if (std::string reason = NeedsUnitStrides(conv); !reason.empty()) return reason;
  const Window window = ir::PoolWindow(*producer);
  *gradient = {.values = values,
               .argmax = argmax,
               .rows = extent(values, 1),
               .columns = extent(values, 2),
               .filters = extent(values, 3),
               .window_columns = window.size[1],
               .window_rows = window.size[0],
               .step_columns = window.stride[1],
               .step_rows = window.stride[0],
               .columns_before = window.before[1],
               .rows_before = window.before[0],
               .is_padded = window.is_padded(),
               .height = conv.rows,
               .width = conv.columns,
               .nonzero_share = spec.nonzero_share};
  return "";
}

Halide::Expr IsCellInside(const SparseGradient& gradient, const Halide::Expr& row, const Halide::Expr& column,
                          const Halide::Expr& cell) {
  if (!gradient.is_padded) return Halide::Internal::const_true();
  return IsInside(row * gradient.step_rows - gradient.rows_before + cell / gradient.window_columns, gradient.height) &&
         IsInside(column * gradient.step_columns - gradient.columns_before + cell % gradient.window_columns,
                  gradient.width);
}

}  // namespace brine::codegen
