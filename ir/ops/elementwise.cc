// The table of elementwise ops: one row each.  codegen/halide/ops/elementwise.cc has the same rows for Halide.
#include "ir/ops/elementwise.h"

#include <cmath>

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
  BRINE_RETURN_IF_ERROR(ExpectDType("x", types.inputs[0], DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectType("alt", types.inputs[1], types.inputs[0]));
  return std::vector<Type>{types.inputs[0]};
}

template <typename Real>
void InterpretInTrainPhase(const Evaluation<Real>& evaluation) {
  evaluation.out().real = evaluation.in(0).real;
}

// dx = dy, dalt = 0.  It is not dy·0, which would be NaN where dy is not finite.
absl::Status GradientOfInTrainPhase(Builder& builder) {
  if (builder.needs_gradient(0)) builder.SetInputGradient(0, builder.output_gradient());
  const Attributes shape = {{"shape", builder.type(builder.input(1)).shape}};
  if (builder.needs_gradient(1))
    builder.SetInputGradient(1, builder.Emit(kBroadcast, {builder.EmitConstant(0)}, shape));
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
        "y = x in a training step, alt in evaluation and prediction; x, alt and y are f32 of one shape. For layers "
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
