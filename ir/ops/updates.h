// Functions that make an op of kind update, an optimizer's rule, from its formula.  The ops themselves are the rows of
// updates.cc.
//
//   const Op kSgd = MakeUpdate<kSgd>(
//       [](const Attributes&, auto p, auto g, auto rate) { return std::array{p - rate * g}; },
//       {.name = "sgd", .operands = {"p", "g", "rate"}, .results = {"p"}, …});
//
// A formula takes one element of each tensor and the scalars, in the order of the op's operands, and returns the new p
// and the new slots.  The interpreter calls it with doubles or with floats.  It is a lambda that captures nothing.
#ifndef BRINE_IR_OPS_UPDATES_H_
#define BRINE_IR_OPS_UPDATES_H_

#include <array>
#include <type_traits>
#include <utility>

#include "ir/kinds.h"
#include "ir/op.h"
#include "ir/ops/rules.h"

namespace brine::ir {

template <typename Number, size_t>
using Repeated = Number;

template <typename Number, typename Formula, size_t... operand>
constexpr bool TakesOperands(std::index_sequence<operand...>) {
  return std::is_invocable_v<Formula, const Attributes&, Repeated<Number, operand>...>;
}

// The number of operands that the formula takes.
template <typename Number, typename Formula, size_t count = 2>
constexpr size_t OperandCount() {
  if constexpr (TakesOperands<Number, Formula>(std::make_index_sequence<count>()))
    return count;
  else
    return OperandCount<Number, Formula, count + 1>();
}

template <typename Formula, typename Operand, size_t... index>
auto CallFormula(const Formula& formula, const Attributes& attributes, const Operand& operand,
                 std::index_sequence<index...>) {
  return formula(attributes, operand(index)...);
}

// formula(attributes, operand(0), operand(1), …)
template <typename Number, typename Formula, typename Operand>
auto CallFormula(const Formula& formula, const Attributes& attributes, const Operand& operand) {
  return CallFormula(formula, attributes, operand, std::make_index_sequence<OperandCount<Number, Formula>()>());
}

template <typename Formula, typename Real>
void InterpretUpdate(const Evaluation<Real>& evaluation) {
  const size_t results = evaluation.outputs.size(), tensors = results + 1;
  for (size_t i = 0; i < evaluation.out().real.size(); ++i) {
    const auto values = CallFormula<Real>(Formula{}, evaluation.attributes, [&](size_t operand) {
      return evaluation.inputs[operand]->real[operand < tensors ? i : 0];
    });
    for (size_t result = 0; result < results; ++result) evaluation.outputs[result].real[i] = values[result];
  }
}

// `op` is the constant that is defined.
template <const Op& op, typename Formula>
Op MakeUpdate(Formula, Op row) {
  row.infer = [](const OpTypes& types) { return InferUpdate(op, types); };
  row.not_differentiable = "optimizer updates are not part of the loss";
  row.interpret = InterpretUpdate<Formula, double>;
  row.interpret_f32 = InterpretUpdate<Formula, float>;
  row.kind = OpKind::kUpdate;
  return row;
}

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_UPDATES_H_
