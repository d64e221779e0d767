#include "ir/losses.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace brine::ir {
namespace {

constexpr double kEpsilon = 1e-7;  // Keras's backend.epsilon()

constexpr Range kInt32 = {.least = std::numeric_limits<int32_t>::min(), .most = std::numeric_limits<int32_t>::max()};

const Argument kFromLogits = {"from_logits", false};
const Argument kLabelSmoothing = {
    .name = "label_smoothing", .default_value = 0.0, .range = kFromZeroToOne, .optional = true};

// label·(1 − s) + s·share, where s is the argument label_smoothing
ValueId SmoothedLabel(QuantityBuilder& builder, double share) {
  const bool is_given = builder.arguments().Has(kLabelSmoothing.name);
  const double smoothing = is_given ? builder.arguments().Float(kLabelSmoothing.name) : 0;
  if (smoothing == 0) return builder.label();
  const ValueId kept = builder.Emit(kMul, {builder.label(), builder.EmitConstant(1 - smoothing)});
  return builder.Emit(kAdd, {kept, builder.EmitConstant(smoothing * share)});
}

int64_t Classes(QuantityBuilder& builder) { return builder.type(builder.prediction()).shape.back(); }

// −Σ over the classes of target·log_softmax(z)
ValueId CrossEntropy(QuantityBuilder& builder, ValueId target) {
  const ValueId logs = builder.Emit(kLogSoftmax, {builder.prediction()});
  return builder.Emit(kNeg, {builder.SumOfLast(builder.Emit(kMul, {logs, target}))});
}

ValueId CategoricalCrossEntropy(QuantityBuilder& builder) {
  return CrossEntropy(builder, SmoothedLabel(builder, 1 / static_cast<double>(Classes(builder))));
}

// Positions whose label is ignore_class are masked.
ValueId SparseCategoricalCrossEntropy(QuantityBuilder& builder) {
  const ValueId label = builder.label();
  if (builder.arguments().Has("ignore_class")) {
    const ValueId ignored = builder.EmitIntegers(builder.arguments().Int("ignore_class"), builder.type(label).shape);
    const ValueId is_ignored = builder.Emit(kEqual, {label, ignored});
    builder.SetMask(builder.Emit(kSub, {builder.EmitConstant(1), is_ignored}));
  }
  return CrossEntropy(builder, builder.Emit(kOneHot, {label}, {{"classes", Classes(builder)}}));
}

// −label·ln(p) − (1 − label)·ln(1 − p) = softplus(z) − label·z, where p = sigmoid(z)
ValueId BinaryCrossEntropy(QuantityBuilder& builder) {
  const ValueId z = builder.prediction();
  return builder.Emit(kSub, {builder.Emit(kSoftplus, {z}), builder.Emit(kMul, {z, SmoothedLabel(builder, 0.5)})});
}

// y − label
ValueId Error(QuantityBuilder& builder) { return builder.Emit(kSub, {builder.prediction(), builder.label()}); }
ValueId Square(QuantityBuilder& builder, ValueId x) { return builder.Emit(kMul, {x, x}); }
ValueId Max(QuantityBuilder& builder, ValueId x, double least) {
  return builder.Emit(kMaximum, {x, builder.EmitConstant(least)});
}

ValueId MeanSquaredError(QuantityBuilder& builder) { return Square(builder, Error(builder)); }
ValueId MeanAbsoluteError(QuantityBuilder& builder) { return builder.Emit(kAbs, {Error(builder)}); }

// 100·|y − label| / max(|label|, ε)
ValueId MeanAbsolutePercentageError(QuantityBuilder& builder) {
  const ValueId size = Max(builder, builder.Emit(kAbs, {builder.label()}), kEpsilon);
  const ValueId share = builder.Emit(kDiv, {builder.Emit(kAbs, {Error(builder)}), size});
  return builder.Emit(kMul, {share, builder.EmitConstant(100)});
}

// (ln(max(y, ε) + 1) − ln(max(label, ε) + 1))²
ValueId MeanSquaredLogarithmicError(QuantityBuilder& builder) {
  const auto log = [&](ValueId x) {
    return builder.Emit(kLog, {builder.Emit(kAdd, {Max(builder, x, kEpsilon), builder.EmitConstant(1)})});
  };
  const ValueId of_y = log(builder.prediction());
  return Square(builder, builder.Emit(kSub, {of_y, log(builder.label())}));
}

// e²/2 where |e| ≤ δ, else δ·|e| − δ²/2.  With q = min(|e|, δ) both are q·(|e| − q/2), whose slope has no jump.
// The slope in size is least, since the slope in least is 0 where least = size, and least is constant elsewhere.  So
// least counts as a constant, instead of adding two terms to the gradient whose sum is 0.
ValueId Huber(QuantityBuilder& builder) {
  const ValueId size = builder.Emit(kAbs, {Error(builder)});
  const ValueId delta = builder.EmitConstant(builder.arguments().Float("delta"));
  const ValueId least = builder.Emit(kStopGradient, {builder.Emit(kMinimum, {size, delta})});
  const ValueId half = builder.Emit(kMul, {least, builder.EmitConstant(0.5)});
  return builder.Emit(kMul, {least, builder.Emit(kSub, {size, half})});
}

// ln(cosh(e)) = e + softplus(−2·e) − ln 2
ValueId LogCosh(QuantityBuilder& builder) {
  const ValueId error = Error(builder);
  const ValueId rest = builder.Emit(kSoftplus, {builder.Emit(kMul, {error, builder.EmitConstant(-2)})});
  return builder.Emit(kSub, {builder.Emit(kAdd, {error, rest}), builder.EmitConstant(std::log(2.0))});
}

// Σ label·ln(label / y), where both are limited to [ε, 1]
ValueId KLDivergence(QuantityBuilder& builder) {
  const auto limited = [&](ValueId x) {
    return builder.Emit(kMinimum, {Max(builder, x, kEpsilon), builder.EmitConstant(1)});
  };
  const ValueId label = limited(builder.label());
  const ValueId ratio = builder.Emit(kDiv, {label, limited(builder.prediction())});
  return builder.SumOfLast(builder.Emit(kMul, {label, builder.Emit(kLog, {ratio})}));
}

// y − label·ln(y + ε)
ValueId Poisson(QuantityBuilder& builder) {
  const ValueId y = builder.prediction();
  const ValueId log = builder.Emit(kLog, {builder.Emit(kAdd, {y, builder.EmitConstant(kEpsilon)})});
  return builder.Emit(kSub, {y, builder.Emit(kMul, {log, builder.label()})});
}

// max(1 − label·y, 0), where a label of 0 stands for −1
ValueId Hinge(QuantityBuilder& builder) {
  const ValueId label =
      builder.Emit(kSelect, {builder.Emit(kAbs, {builder.label()}), builder.label(), builder.EmitConstant(-1)});
  const ValueId product = builder.Emit(kMul, {builder.prediction(), label});
  return builder.Emit(kRelu, {builder.Emit(kSub, {builder.EmitConstant(1), product})});
}

ValueId SquaredHinge(QuantityBuilder& builder) { return Square(builder, Hinge(builder)); }

// max(max of (1 − label)·y − Σ label·y + 1, 0)
ValueId CategoricalHinge(QuantityBuilder& builder) {
  const ValueId y = builder.prediction();
  const ValueId others = builder.Emit(kMul, {y, builder.Emit(kSub, {builder.EmitConstant(1), builder.label()})});
  const ValueId most = builder.MaximumOfLast(others);
  const ValueId right = builder.SumOfLast(builder.Emit(kMul, {y, builder.label()}));
  const ValueId margin = builder.Emit(kAdd, {builder.Emit(kSub, {most, right}), builder.EmitConstant(1)});
  return builder.Emit(kRelu, {margin});
}

// −Σ label·y / (‖label‖·‖y‖), where no norm counts as less than ε
ValueId NegativeCosine(QuantityBuilder& builder) {
  const auto norm = [&](ValueId x) {
    return builder.Emit(kSqrt, {Max(builder, builder.SumOfLast(Square(builder, x)), kEpsilon * kEpsilon)});
  };
  const ValueId product = builder.SumOfLast(builder.Emit(kMul, {builder.prediction(), builder.label()}));
  const ValueId norms = builder.Emit(kMul, {norm(builder.prediction()), norm(builder.label())});
  return builder.Emit(kNeg, {builder.Emit(kDiv, {product, norms})});
}

std::vector<Loss>& Table() {
  static auto* const table = new std::vector<Loss>{
      {.name = "categorical_crossentropy",
       .label_kind = LabelKind::kOneHot,
       .arguments = {kFromLogits, kLabelSmoothing},
       .activation = &kSoftmax,
       .row = CategoricalCrossEntropy},
      {.name = "sparse_categorical_crossentropy",
       .label_kind = LabelKind::kClassNumber,
       .arguments = {kFromLogits,
                     {.name = "ignore_class", .default_value = int64_t{0}, .range = kInt32, .optional = true}},
       .activation = &kSoftmax,
       .row = SparseCategoricalCrossEntropy},
      {.name = "binary_crossentropy",
       .alias = "bce",
       .label_kind = LabelKind::kBinary,
       .arguments = {kFromLogits, kLabelSmoothing},
       .activation = &kSigmoid,
       .row = BinaryCrossEntropy},
      {.name = "mean_squared_error", .alias = "mse", .label_kind = LabelKind::kNumbers, .row = MeanSquaredError},
      {.name = "mean_absolute_error", .alias = "mae", .label_kind = LabelKind::kNumbers, .row = MeanAbsoluteError},
      {.name = "mean_absolute_percentage_error",
       .alias = "mape",
       .label_kind = LabelKind::kNumbers,
       .row = MeanAbsolutePercentageError},
      {.name = "mean_squared_logarithmic_error",
       .alias = "msle",
       .label_kind = LabelKind::kNumbers,
       .row = MeanSquaredLogarithmicError},
      {.name = "huber", .label_kind = LabelKind::kNumbers, .arguments = {{"delta", 1.0, kPositive}}, .row = Huber},
      {.name = "log_cosh", .label_kind = LabelKind::kNumbers, .row = LogCosh},
      {.name = "kl_divergence", .alias = "kld", .label_kind = LabelKind::kOneHot, .row = KLDivergence},
      {.name = "hinge", .label_kind = LabelKind::kNumbers, .row = Hinge},
      {.name = "squared_hinge", .label_kind = LabelKind::kNumbers, .row = SquaredHinge},
      {.name = "categorical_hinge", .label_kind = LabelKind::kOneHot, .row = CategoricalHinge},
      {.name = "cosine_similarity", .label_kind = LabelKind::kNumbers, .row = NegativeCosine},
      {.name = "poisson", .label_kind = LabelKind::kNumbers, .row = Poisson},
  };
  return *table;
}

}  // namespace

absl::Span<const Loss> AllLosses() { return Table(); }

void AddLoss(const Loss& loss) { Table().push_back(loss); }

const Loss* FindLoss(absl::string_view name) {
  const std::string alias = absl::AsciiStrToLower(name);
  const auto row = std::find_if(AllLosses().begin(), AllLosses().end(), [&](const Loss& loss) {
    return loss.name == name || (!loss.alias.empty() && loss.alias == alias);
  });
  return row == AllLosses().end() ? nullptr : &*row;
}

absl::StatusOr<Type> LabelType(const Loss& loss, const Type& output) {
  const bool has_rows = output.dtype == DType::kF32 && output.rank() > 0 && output.shape[0] == kBatch;
  if (!has_rows || (loss.has_classes() && output.rank() < 2)) {
    return absl::InvalidArgumentError(absl::StrCat(loss.name, " takes an output of type ",
                                                   loss.has_classes() ? "f32[n,…,classes]" : "f32[n,…]", ", got ",
                                                   ToString(output)));
  }
  if (loss.label_kind == LabelKind::kClassNumber)
    return Type{DType::kI32, Shape(output.shape.begin(), output.shape.end() - 1)};
  return output;
}

const Op* ActivationOf(const Op* activation, const Attributes& arguments) {
  const bool from_logits = arguments.Has(kFromLogits.name) && arguments.Bool(kFromLogits.name);
  return from_logits ? nullptr : activation;
}

std::string ProducerFault(absl::string_view quantity, const Op* activation, const Attributes& arguments,
                          const Op* producer) {
  if (activation == nullptr) return "";
  const std::string& name = activation->name;
  const bool is_activated = producer == activation, from_logits = ActivationOf(activation, arguments) == nullptr;
  if (!is_activated && !from_logits)
    return absl::StrCat(quantity, " takes probabilities, but the output is not a ", name, "; add activation ", name,
                        ", or set from_logits");
  if (is_activated && from_logits)
    return absl::StrCat(quantity, " with from_logits takes logits, but the output is a ", name,
                        "; remove one of the two");
  return "";
}

}  // namespace brine::ir
