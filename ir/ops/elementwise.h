// Functions that make an elementwise op from its formula, its gradient and what else differs from op to op.  The ops
// themselves are the rows of elementwise.cc.
//
//   const Op kExp = MakeUnary([](auto x) { return std::exp(x); },
//                         {.name = "exp", .doc = "y = eˣ, element by element; f32.", .gradient = …, .cost = 20});
//
// The interpreter calls the formula with doubles or with floats.  The formula and the gradient are lambdas that capture
// nothing, so that a function pointer in the op can call them.
#ifndef BRINE_IR_OPS_ELEMENTWISE_H_
#define BRINE_IR_OPS_ELEMENTWISE_H_

#include <type_traits>
#include <utility>

#include "ir/gradient.h"
#include "ir/op.h"
#include "ir/ops/loops.h"
#include "ir/ops/rules.h"

namespace brine::ir {

// y = formula(x); f32 in and out.
template <typename Formula>
Op MakeUnary(Formula, Op row) {
  row.operands = {"x"};
  row.results = {"y"};
  row.infer = InferUnary;
  if (row.flops == nullptr) row.flops = FlopsAnElement<1>;
  row.interpret = [](const Evaluation<double>& evaluation) { Map(evaluation, Formula{}); };
  row.interpret_f32 = [](const Evaluation<float>& evaluation) { Map(evaluation, Formula{}); };
  row.kind = OpKind::kElementwise;
  return row;
}

// y = formula(a, b) with broadcasting; f32 in and out.
template <typename Formula>
Op MakeBinary(Formula, Op row) {
  if (row.operands.empty()) row.operands = {"a", "b"};
  if (row.results.empty()) row.results = {"y"};
  if (row.infer == nullptr) row.infer = InferBinary;
  if (row.flops == nullptr) row.flops = FlopsAnElement<1>;
  row.interpret = [](const Evaluation<double>& evaluation) { MapBroadcast(evaluation, Formula{}); };
  row.interpret_f32 = [](const Evaluation<float>& evaluation) { MapBroadcast(evaluation, Formula{}); };
  row.kind = OpKind::kElementwise;
  return row;
}

// y = formula(a, b, c) with broadcasting; f32 in and out.
template <typename Formula>
Op MakeTernary(Formula, Op row) {
  row.results = {"y"};
  row.flops = FlopsAnElement<1>;
  row.interpret = [](const Evaluation<double>& evaluation) { MapBroadcastThree(evaluation, Formula{}); };
  row.interpret_f32 = [](const Evaluation<float>& evaluation) { MapBroadcastThree(evaluation, Formula{}); };
  row.kind = OpKind::kElementwise;
  return row;
}

using GradientRule = absl::Status (*)(GradientBuilder& builder);

// dx = rule(builder, dy)
template <typename Rule>
GradientRule UnaryGradient(Rule) {
  static_assert(std::is_empty_v<Rule>, "a rule is a lambda that captures nothing");
  return [](GradientBuilder& builder) {
    if (builder.needs_gradient(0)) builder.SetInputGradient(0, Rule{}(builder, builder.output_gradient()));
    return absl::OkStatus();
  };
}

enum class Sign { kPlus, kMinus };

// da = a_rule(builder, dy) and db = ±b_rule(builder, dy), each summed to its operand's shape.
template <Sign sign_of_b = Sign::kPlus, typename RuleOfA, typename RuleOfB>
GradientRule BinaryGradient(RuleOfA, RuleOfB) {
  static_assert(std::is_empty_v<RuleOfA> && std::is_empty_v<RuleOfB>, "a rule is a lambda that captures nothing");
  return [](GradientBuilder& builder) {
    const ValueId dy = builder.output_gradient();
    if (builder.needs_gradient(0)) {
      builder.SetInputGradient(0, builder.SumTo(builder.type(builder.input(0)), RuleOfA{}(builder, dy)));
    }
    if (builder.needs_gradient(1)) {
      const ValueId db = builder.SumTo(builder.type(builder.input(1)), RuleOfB{}(builder, dy));
      builder.SetInputGradient(1, sign_of_b == Sign::kMinus ? builder.Emit(kNeg, {db}) : db);
    }
    return absl::OkStatus();
  };
}

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_ELEMENTWISE_H_
