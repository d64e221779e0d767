// The table of elementwise ops: one row each.  codegen/halide/ops/elementwise.cc has the same rows for Halide.
#include "ir/ops/elementwise.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace brine::ir {
namespace {

using Builder = GradientBuilder;

// Trailing axes are aligned, as in NumPy.
#define WITH_BROADCASTING \
  ", element by element; f32. Trailing axes are aligned and an extent of 1 is stretched; n meets n or 1."

absl::StatusOr<std::vector<Type>> InferMasked(const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectDType("dy", types.inputs[0], DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectType("y", types.inputs[1], types.inputs[0]));
  return std::vector<Type>{types.inputs[0]};
}

// An activation of x with one number as its parameter.
absl::StatusOr<std::vector<Type>> InferWithNumber(absl::string_view number, const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectDType("x", types.inputs[0], DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectType(number, types.inputs[1], {DType::kF32, {}}));
  return std::vector<Type>{types.inputs[0]};
}

absl::StatusOr<std::vector<Type>> InferSelect(const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectDType("condition", types.inputs[0], DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectDType("a", types.inputs[1], DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectDType("b", types.inputs[2], DType::kF32));
  BRINE_ASSIGN_OR_RETURN(Shape both, BroadcastShapes("a", types.inputs[1], "b", types.inputs[2]));
  const Type chosen = {DType::kF32, std::move(both)};
  BRINE_ASSIGN_OR_RETURN(Shape shape, BroadcastShapes("condition", types.inputs[0], "the chosen value", chosen));
  return std::vector<Type>{{DType::kF32, std::move(shape)}};
}

absl::StatusOr<std::vector<Type>> InferEqual(const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectDType("a", types.inputs[0], DType::kI32));
  BRINE_RETURN_IF_ERROR(ExpectType("b", types.inputs[1], types.inputs[0]));
  return std::vector<Type>{{DType::kF32, types.inputs[0].shape}};
}

template <typename Real>
void InterpretEqual(const Evaluation<Real>& evaluation) {
  std::vector<Real>& y = evaluation.out().real;
  for (size_t i = 0; i < y.size(); ++i) y[i] = evaluation.in(0).integers[i] == evaluation.in(1).integers[i] ? 1 : 0;
}

absl::StatusOr<std::vector<Type>> InferInTrainPhase(const OpTypes& types) {
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("x", types.inputs[0]));
  BRINE_RETURN_IF_ERROR(ExpectType("alt", types.inputs[1], types.inputs[0]));
  return std::vector<Type>{types.inputs[0]};
}

template <typename Real>
void InterpretInTrainPhase(const Evaluation<Real>& evaluation) {
  evaluation.out().real = evaluation.in(0).real;
  evaluation.out().integers = evaluation.in(0).integers;
}

// dx = dy, dalt = 0.  It is not dy·0, which would be NaN where dy is not finite.
absl::Status GradientOfInTrainPhase(Builder& builder) {
  if (builder.needs_gradient(0)) builder.SetInputGradient(0, builder.output_gradient());
  const Attributes shape = {{"shape", builder.type(builder.input(1)).shape}};
  if (builder.needs_gradient(1))
    builder.SetInputGradient(1, builder.Emit(kBroadcast, {builder.EmitConstant(0)}, shape));
  return absl::OkStatus();
}

// The result does not change where the input changes a little, so nothing flows back.
absl::Status NoGradient(Builder&) { return absl::OkStatus(); }

// Where `condition` is positive, 0, else dy; and the reverse.
ValueId ZeroWhere(Builder& builder, ValueId condition, ValueId dy) {
  return builder.Emit(kSelect, {condition, builder.EmitConstant(0), dy});
}
ValueId ZeroUnless(Builder& builder, ValueId condition, ValueId dy) {
  if (builder.type(condition) == builder.type(dy)) return builder.Emit(kReluGrad, {dy, condition});
  return builder.Emit(kSelect, {condition, dy, builder.EmitConstant(0)});
}

// Where the result of a binary op is its second operand, for max if first is 0, for min if first is 1.
template <int first>
ValueId SecondIsChosen(Builder& builder) {
  return builder.Emit(kGreater, {builder.input(1 - first), builder.input(first)});
}
template <int first>
GradientRule GradientOfChoice() {
  return BinaryGradient(
      [](Builder& builder, ValueId dy) { return ZeroWhere(builder, SecondIsChosen<first>(builder), dy); },
      [](Builder& builder, ValueId dy) { return ZeroUnless(builder, SecondIsChosen<first>(builder), dy); });
}

absl::Status GradientOfSelect(Builder& builder) {
  const ValueId condition = builder.input(0), dy = builder.output_gradient();
  if (builder.needs_gradient(1))
    builder.SetInputGradient(1, builder.SumTo(builder.type(builder.input(1)), ZeroUnless(builder, condition, dy)));
  if (builder.needs_gradient(2))
    builder.SetInputGradient(2, builder.SumTo(builder.type(builder.input(2)), ZeroWhere(builder, condition, dy)));
  return absl::OkStatus();
}

constexpr auto kDy = [](Builder&, ValueId dy) { return dy; };

}  // namespace

// Formatted by hand: clang-format would indent each row by the length of its formula.
// clang-format off
const Op kAdd = MakeBinary([](auto a, auto b) { return a + b; },
    {
        .name = "add",
        .doc = "y = a + b" WITH_BROADCASTING,
        .gradient = BinaryGradient(kDy, kDy),
        .adds = true,
        .commutative = true,
    });

const Op kSub = MakeBinary([](auto a, auto b) { return a - b; },
    {
        .name = "sub",
        .doc = "y = a − b" WITH_BROADCASTING,
        .gradient = BinaryGradient<Sign::kMinus>(kDy, kDy),
    });

// da = dy·b, db = dy·a
const Op kMul = MakeBinary([](auto a, auto b) { return a * b; },
    {
        .name = "mul",
        .doc = "y = a·b" WITH_BROADCASTING,
        .gradient = BinaryGradient(
            [](Builder& builder, ValueId dy) { return builder.Emit(kMul, {dy, builder.input(1)}); },
            [](Builder& builder, ValueId dy) { return builder.Emit(kMul, {dy, builder.input(0)}); }),
        .commutative = true,
    });

// da = dy / b, db = −dy·y / b
const Op kDiv = MakeBinary([](auto a, auto b) { return a / b; },
    {
        .name = "div",
        .doc = "y = a / b" WITH_BROADCASTING,
        .gradient = BinaryGradient<Sign::kMinus>(
            [](Builder& builder, ValueId dy) { return builder.Emit(kDiv, {dy, builder.input(1)}); },
            [](Builder& builder, ValueId dy) {
              return builder.Emit(kDiv, {builder.Emit(kMul, {dy, builder.output()}), builder.input(1)});
            }),
        .cost = 3,
    });

const Op kNeg = MakeUnary([](auto x) { return -x; },
    {
        .name = "neg",
        .doc = "y = −x, element by element; f32.",
        .gradient = UnaryGradient([](Builder& builder, ValueId dy) { return builder.Emit(kNeg, {dy}); }),
    });

const Op kExp = MakeUnary([](auto x) { return std::exp(x); },
    {
        .name = "exp",
        .doc = "y = eˣ, element by element; f32.",
        .gradient = UnaryGradient([](Builder& builder, ValueId dy) {
          return builder.Emit(kMul, {dy, builder.output()});
        }),
        .cost = 20,
        .monotone = true,
    });

const Op kLog = MakeUnary([](auto x) { return std::log(x); },
    {
        .name = "log",
        .doc = "y = ln x, element by element; f32. Of 0 it is −∞, of a negative number NaN.",
        .gradient = UnaryGradient([](Builder& builder, ValueId dy) {
          return builder.Emit(kDiv, {dy, builder.input(0)});
        }),
        .cost = 20,
    });

// dx = dy / (2·y)
const Op kSqrt = MakeUnary([](auto x) { return std::sqrt(x); },
    {
        .name = "sqrt",
        .doc = "y = √x, element by element; f32. Of a negative number it is NaN, and its slope at 0 is infinite.",
        .gradient = UnaryGradient([](Builder& builder, ValueId dy) {
          return builder.Emit(kDiv, {dy, builder.Emit(kMul, {builder.EmitConstant(2), builder.output()})});
        }),
        .cost = 10,
    });

const Op kSin = MakeUnary([](auto x) { return std::sin(x); },
    {
        .name = "sin",
        .doc = "y = sin x, element by element; f32.",
        .gradient = UnaryGradient([](Builder& builder, ValueId dy) {
          return builder.Emit(kMul, {dy, builder.Emit(kCos, {builder.input(0)})});
        }),
        .cost = 40,
    });

const Op kCos = MakeUnary([](auto x) { return std::cos(x); },
    {
        .name = "cos",
        .doc = "y = cos x, element by element; f32.",
        .gradient = UnaryGradient([](Builder& builder, ValueId dy) {
          return builder.Emit(kNeg, {builder.Emit(kMul, {dy, builder.Emit(kSin, {builder.input(0)})})});
        }),
        .cost = 40,
    });

// dx = dy·2/√π·e^(−x²)
const Op kErf = MakeUnary([](auto x) { return std::erf(x); },
    {
        .name = "erf",
        .doc = "y = erf x = 2/√π·∫ e^(−t²) dt from 0 to x, element by element; f32. The interpreter keeps NaN; a "
               "kernel may turn it into −1 or 1.",
        .gradient = UnaryGradient([](Builder& builder, ValueId dy) {
          const ValueId x = builder.input(0), square = builder.Emit(kMul, {x, x});
          const ValueId bell = builder.Emit(kExp, {builder.Emit(kNeg, {square})});
          const ValueId factor = builder.EmitConstant(2 * std::numbers::inv_sqrtpi);
          return builder.Emit(kMul, {dy, builder.Emit(kMul, {bell, factor})});
        }),
        .cost = 35,
        .monotone = true,
    });

const Op kAbs = MakeUnary([](auto x) { return std::abs(x); },
    {
        .name = "abs",
        .doc = "y = |x|, element by element; f32. Its derivative at 0 is 0.",
        .gradient = UnaryGradient([](Builder& builder, ValueId dy) {
          return builder.Emit(kMul, {dy, builder.Emit(kSign, {builder.input(0)})});
        }),
        .has_kink = true,
    });

const Op kSign = MakeUnary([](auto x) { return x > 0 ? decltype(x)(1) : x < 0 ? decltype(x)(-1) : x; },
    {
        .name = "sign",
        .doc = "y = 1 where x > 0, −1 where x < 0, else x, element by element; f32. Its derivative is 0.",
        .gradient = NoGradient,
        .cost = 2,
        .monotone = true,
        .has_kink = true,
    });

// Where both operands are equal, the first one is the result, and it alone gets the gradient, as in TensorFlow.
// Therefore these two ops are not commutative.
const Op kMinimum = MakeBinary([](auto a, auto b) { return b < a || std::isnan(b) ? b : a; },
    {
        .name = "minimum",
        .doc = "y = min(a, b)" WITH_BROADCASTING " dy goes to b where b < a, else to a. The interpreter keeps NaN; a "
               "kernel may return the other operand.",
        .gradient = GradientOfChoice<1>(),
        .monotone = true,
        .has_kink = true,
    });

const Op kMaximum = MakeBinary([](auto a, auto b) { return b > a || std::isnan(b) ? b : a; },
    {
        .name = "maximum",
        .doc = "y = max(a, b)" WITH_BROADCASTING " dy goes to b where b > a, else to a. The interpreter keeps NaN; a "
               "kernel may return the other operand.",
        .gradient = GradientOfChoice<0>(),
        .monotone = true,
        .has_kink = true,
    });

const Op kGreater = MakeBinary([](auto a, auto b) { return decltype(a)(a > b); },
    {
        .name = "greater",
        .doc = "y = 1 where a > b, else 0" WITH_BROADCASTING " It is 0 where a or b is NaN. Its derivatives are 0.",
        .gradient = NoGradient,
        .monotone = true,
        .has_kink = true,
    });

const Op kSelect = MakeTernary([](auto condition, auto a, auto b) { return condition > 0 ? a : b; },
    {
        .name = "select",
        .doc = "y = a where condition > 0, else b" WITH_BROADCASTING " What is not chosen may be infinite or NaN. dy "
               "goes to what is chosen, never to the condition. numpy: where.",
        .operands = {"condition", "a", "b"},
        .infer = InferSelect,
        .gradient = GradientOfSelect,
        .has_kink = true,
    });

// The derivative at 0 is 0.
const Op kRelu = MakeUnary([](auto x) { return x <= 0 ? decltype(x)(0) : x; },
    {
        .name = "relu",
        .doc = "y = max(x, 0), element by element; f32. The interpreter keeps NaN; a kernel may turn it into 0.",
        .gradient = UnaryGradient([](Builder& builder, ValueId dy) {
          return builder.Emit(kReluGrad, {dy, builder.output()});
        }),
        .monotone = true,
        .has_kink = true,
        .makes_zeros = true,
    });

const Op kReluGrad = MakeBinary([](auto dy, auto y) { return y > 0 ? dy : decltype(dy)(0); },
    {
        .name = "relu_grad",
        .doc = "dx = dy where y > 0, else 0; dy, y and dx are f32 of one shape. The gradient of relu from its result "
               "y.",
        .operands = {"dy", "y"},
        .results = {"dx"},
        .infer = InferMasked,
        .not_differentiable = "second derivatives are not supported",
        .makes_zeros = true,
        .selects_positive = true,
    });

// The next three gradients read the result instead of x, so that a training step need not keep x.  dx = dy where
// 0 < y < max_value; the derivatives at both ends are 0, as in TensorFlow.
const Op kClippedRelu = MakeBinary(
    [](auto x, auto max_value) { return x <= 0 ? decltype(x)(0) : x >= max_value ? max_value : x; },
    {
        .name = "clipped_relu",
        .doc = "y = min(max(x, 0), max_value), element by element; x and y are f32 of one shape, max_value f32[], and "
               "positive. The interpreter keeps NaN; a kernel may turn it into 0.",
        .operands = {"x", "max_value"},
        .infer = [](const OpTypes& types) { return InferWithNumber("max_value", types); },
        .flops = FlopsAnElement<2>,
        .gradient = BinaryGradient(
            [](Builder& builder, ValueId dy) {
              const ValueId y = builder.output(), positive = builder.Emit(kReluGrad, {dy, y});
              return builder.Emit(kReluGrad, {positive, builder.Emit(kSub, {builder.input(1), y})});
            },
            [](Builder& builder, ValueId dy) {
              return ZeroWhere(builder, builder.Emit(kSub, {builder.input(1), builder.output()}), dy);
            }),
        .cost = 2,
        .monotone = true,
        .has_kink = true,
        .makes_zeros = true,
    });

// dx = dy where y > 0, else slope·dy; dslope = Σ dy·x where y ≤ 0
const Op kLeakyRelu = MakeBinary([](auto x, auto slope) { return x > 0 ? x : slope * x; },
    {
        .name = "leaky_relu",
        .doc = "y = x where x > 0, else slope·x, element by element; x and y are f32 of one shape, slope f32[], and not "
               "negative. Its derivative at 0 is slope.",
        .operands = {"x", "slope"},
        .infer = [](const OpTypes& types) { return InferWithNumber("slope", types); },
        .flops = FlopsAnElement<2>,
        .gradient = BinaryGradient(
            [](Builder& builder, ValueId dy) {
              return builder.Emit(kSelect, {builder.output(), dy, builder.Emit(kMul, {dy, builder.input(1)})});
            },
            [](Builder& builder, ValueId dy) {
              return ZeroWhere(builder, builder.output(), builder.Emit(kMul, {dy, builder.input(0)}));
            }),
        .cost = 2,
        .monotone = true,
        .has_kink = true,
    });

// dx = dy where y > 0, else dy·(y + alpha); dalpha = Σ dy·(eˣ − 1) where y ≤ 0
const Op kElu = MakeBinary([](auto x, auto alpha) { return x > 0 ? x : alpha * std::expm1(x); },
    {
        .name = "elu",
        .doc = "y = x where x > 0, else alpha·(eˣ − 1), element by element; x and y are f32 of one shape, alpha f32[], "
               "and not negative. Its derivative at 0 is alpha. Clevert et al. (2016).",
        .operands = {"x", "alpha"},
        .infer = [](const OpTypes& types) { return InferWithNumber("alpha", types); },
        .flops = FlopsAnElement<4>,
        .gradient = BinaryGradient(
            [](Builder& builder, ValueId dy) {
              const ValueId y = builder.output(), slope = builder.Emit(kAdd, {y, builder.input(1)});
              return builder.Emit(kSelect, {y, dy, builder.Emit(kMul, {dy, slope})});
            },
            [](Builder& builder, ValueId dy) {
              const ValueId unit = builder.Emit(kElu, {builder.input(0), builder.EmitConstant(1)});
              return ZeroWhere(builder, builder.output(), builder.Emit(kMul, {dy, unit}));
            }),
        .cost = 30,
        .monotone = true,
        .has_kink = true,
    });

// This form neither overflows nor loses digits: ln(1 + eˣ) = max(x, 0) + ln(1 + e^(−|x|)).
const Op kSoftplus = MakeUnary(
    [](auto x) { return (x <= 0 ? decltype(x)(0) : x) + std::log1p(std::exp(-std::abs(x))); },
    {
        .name = "softplus",
        .doc = "y = ln(1 + eˣ), element by element; f32.",
        .flops = FlopsAnElement<5>,
        .gradient = UnaryGradient([](Builder& builder, ValueId dy) {
          return builder.Emit(kMul, {dy, builder.Emit(kSigmoid, {builder.input(0)})});
        }),
        .cost = 40,
        .monotone = true,
    });

// dx = dy·y·(1 − y)
const Op kSigmoid = MakeUnary([](auto x) { return 1 / (1 + std::exp(-x)); },
    {
        .name = "sigmoid",
        .doc = "y = 1 / (1 + e⁻ˣ), element by element; f32.",
        .flops = FlopsAnElement<4>,
        .gradient = UnaryGradient([](Builder& builder, ValueId dy) {
          const ValueId y = builder.output();
          return builder.Emit(kMul, {dy, builder.Emit(kMul, {y, builder.Emit(kSub, {builder.EmitConstant(1), y})})});
        }),
        .cost = 25,
        .monotone = true,
    });

// dx = dy·(1 − y²)
const Op kTanh = MakeUnary([](auto x) { return std::tanh(x); },
    {
        .name = "tanh",
        .doc = "y = tanh x, element by element; f32. The interpreter keeps NaN; a kernel may turn it into −1 or 1.",
        .gradient = UnaryGradient([](Builder& builder, ValueId dy) {
          const ValueId y = builder.output();
          const ValueId one = builder.EmitConstant(1), square = builder.Emit(kMul, {y, y});
          return builder.Emit(kMul, {dy, builder.Emit(kSub, {one, square})});
        }),
        .cost = 30,
        .monotone = true,
    });

const Op kStopGradient = MakeUnary([](auto x) { return x; },
    {
        .name = "stop_gradient",
        .doc = "y = x, f32, which the gradient takes for a constant. Keras: ops.stop_gradient.",
        .gradient = [](Builder&) { return absl::OkStatus(); },
        .cost = 0,
    });
// clang-format on

const Op kEqual = {
    .name = "equal",
    .doc = "y = 1 where a = b, else 0. a and b are i32 of one shape, y is f32 of that shape.",
    .operands = {"a", "b"},
    .results = {"y"},
    .infer = InferEqual,
    .flops = FlopsAnElement<1>,
    .not_differentiable = "a comparison is constant almost everywhere",
    .interpret = InterpretEqual<double>,
    .interpret_f32 = InterpretEqual<float>,
    .kind = OpKind::kElementwise,
    .commutative = true,
};

const Op kInTrainPhase = {
    .name = "in_train_phase",
    .doc =
        "y = x in a training step, alt in evaluation and prediction; x, alt and y are of one type. For layers "
        "that compute differently in training, such as batch normalization. Keras: backend.in_train_phase.",
    .operands = {"x", "alt"},
    .results = {"y"},
    .infer = InferInTrainPhase,
    .gradient = GradientOfInTrainPhase,
    .interpret = InterpretInTrainPhase<double>,
    .interpret_f32 = InterpretInTrainPhase<float>,
    .kind = OpKind::kElementwise,
    .in_training = 0,
    .outside_training = 1,
};

}  // namespace brine::ir
