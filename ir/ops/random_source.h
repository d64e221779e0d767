// What the two ops that draw a tensor of random numbers share.
#ifndef BRINE_IR_OPS_RANDOM_SOURCE_H_
#define BRINE_IR_OPS_RANDOM_SOURCE_H_

#include "ir/ops/random_loop.h"
#include "ir/ops/rules.h"

namespace brine::ir {

template <double (RandomNumbers::*draw)(int64_t) const, typename Real>
void InterpretRandomSource(const Evaluation<Real>& evaluation) {
  const RandomNumbers random(evaluation.in(0), evaluation.in(1), evaluation.attributes.Int("id"),
                             RowElements(evaluation.out()));
  std::vector<Real>& y = evaluation.out().real;
  for (size_t i = 0; i < y.size(); ++i) y[i] = static_cast<Real>((random.*draw)(static_cast<int64_t>(i)));
}

// Element e of y is draw(e).  `row` has the name, the doc and the cost.
template <double (RandomNumbers::*draw)(int64_t) const>
Op MakeRandomSource(Op row) {
  row.operands = {"seed", "step"};
  row.results = {"y"};
  row.attributes = {IdAttribute(), {"shape", AttributeKind::kDims, "shape of y; n may be its first axis"}};
  row.infer = [](const OpTypes& types) -> absl::StatusOr<std::vector<Type>> {
    BRINE_RETURN_IF_ERROR(ExpectRandom(types));
    const Type y = {DType::kF32, types.attributes.Ints("shape")};
    BRINE_RETURN_IF_ERROR(ExpectDType("shape", y, DType::kF32));
    return std::vector<Type>{y};
  };
  row.not_differentiable = "random numbers do not depend on parameters";
  row.interpret = InterpretRandomSource<draw, double>;
  row.interpret_f32 = InterpretRandomSource<draw, float>;
  row.kind = OpKind::kRandom;
  row.pointwise = true;
  return row;
}

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_RANDOM_SOURCE_H_
