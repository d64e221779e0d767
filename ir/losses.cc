#include "ir/losses.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace brine::ir {
namespace {

const Argument kFromLogits = {"from_logits", false};

// −Σ target·log_softmax(z)
ValueId CrossEntropy(QuantityBuilder& builder, ValueId target) {
  const ValueId logs = builder.Emit(kLogSoftmax, {builder.prediction()});
  return builder.Emit(kNeg, {builder.SumOverRows(builder.Emit(kMul, {logs, target}))});
}

ValueId CategoricalCrossEntropy(QuantityBuilder& builder) { return CrossEntropy(builder, builder.label()); }

ValueId SparseCategoricalCrossEntropy(QuantityBuilder& builder) {
  const int64_t classes = builder.type(builder.prediction()).shape.back();
  return CrossEntropy(builder, builder.Emit(kOneHot, {builder.label()}, {{"classes", classes}}));
}

// Σ (y − label)² / (the number of elements of a row)
ValueId MeanSquaredError(QuantityBuilder& builder) {
  double elements = 1;
  for (const Dim dim : builder.type(builder.prediction()).shape)
    elements *= dim == kBatch ? 1 : static_cast<double>(dim);
  const ValueId error = builder.Emit(kSub, {builder.prediction(), builder.label()});
  const ValueId sum = builder.SumOverRows(builder.Emit(kMul, {error, error}));
  return builder.Emit(kDiv, {sum, builder.EmitConstant(elements)});
}

std::vector<Loss>& Table() {
  static auto* const table = new std::vector<Loss>{
      {.name = "categorical_crossentropy",
       .label_kind = LabelKind::kOneHot,
       .arguments = {kFromLogits},
       .activation = &kSoftmax,
       .sum = CategoricalCrossEntropy},
      {.name = "sparse_categorical_crossentropy",
       .label_kind = LabelKind::kClassNumber,
       .arguments = {kFromLogits},
       .activation = &kSoftmax,
       .sum = SparseCategoricalCrossEntropy},
      {.name = "mean_squared_error", .label_kind = LabelKind::kNumbers, .sum = MeanSquaredError},
  };
  return *table;
}

}  // namespace

absl::Span<const Loss> AllLosses() { return Table(); }

void AddLoss(const Loss& loss) { Table().push_back(loss); }

const Loss* FindLoss(absl::string_view name) {
  const auto row =
      std::find_if(AllLosses().begin(), AllLosses().end(), [&](const Loss& loss) { return loss.name == name; });
  return row == AllLosses().end() ? nullptr : &*row;
}

absl::StatusOr<Type> LabelType(const Loss& loss, const Type& output) {
  const bool has_rows = output.dtype == DType::kF32 && output.rank() > 0 && output.shape[0] == kBatch;
  if (!has_rows || (loss.compares_classes() && output.rank() != 2)) {
    return absl::InvalidArgumentError(absl::StrCat(loss.name, " takes an output of type ",
                                                   loss.compares_classes() ? "f32[n,classes]" : "f32[n,…]", ", got ",
                                                   ToString(output)));
  }
  if (loss.label_kind == LabelKind::kClassNumber) return Type{DType::kI32, {kBatch}};
  return output;
}

const Op* ActivationOf(const Loss& loss, const Attributes& arguments) {
  const bool from_logits = arguments.Has(kFromLogits.name) && arguments.Bool(kFromLogits.name);
  return from_logits ? nullptr : loss.activation;
}

std::string ProducerFault(const Loss& loss, const Attributes& arguments, const Op* producer) {
  if (loss.activation == nullptr) return "";
  const std::string& activation = loss.activation->name;
  const bool is_activated = producer == loss.activation, from_logits = ActivationOf(loss, arguments) == nullptr;
  if (!is_activated && !from_logits)
    return absl::StrCat(loss.name, " takes probabilities, but the output is not a ", activation, "; add activation ",
                        activation, ", or set from_logits");
  if (is_activated && from_logits)
    return absl::StrCat(loss.name, " with from_logits takes logits, but the output is a ", activation,
                        "; remove one of the two");
  return "";
}

}  // namespace brine::ir
