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
    *gradient = {
        dy, ir::kNoValue, extent(dy, 1), extent(dy, 2), extent(dy, 3), 1, 1, spec.IsSparse(dy) ? kNonzeroShare : 1};
    return "";
  }
  if (producer->op->argmax_operand < 0) return "its gradient is computed in the kernel, but not from an argmax";
  if (spec.IsOutput(dy)) return "the gradient that leaves the pool is stored";
  const ir::ValueId values = producer->inputs[0],
                    argmax = producer->inputs[static_cast<size_t>(producer->op->argmax_operand)];
  if (!spec.IsParameter(values) || !spec.IsParameter(argmax))
    return "the gradient that reaches the pool is computed in the kernel";
  if (std::string reason = NeedsTiles(*producer); !reason.empty()) return reason;
  if (std::string reason = NeedsUnitStrides(conv); !reason.empty()) return reason;
  const Window window = ir::PoolWindow(*producer);
  *gradient = {values,         argmax,         extent(values, 1), extent(values, 2), extent(values, 3),
               window.size[1], window.size[0], kNonzeroShare};
  return "";
}

}  // namespace brine::codegen
