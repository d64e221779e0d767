#include "ir/losses.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace brine::ir {
namespace {

const Argument kFromLogits = {"from_logits", false};

// −Σ over the classes of target·log_softmax(z)
ValueId CrossEntropy(QuantityBuilder& builder, ValueId target) {
  const ValueId logs = builder.Emit(kLogSoftmax, {builder.prediction()});
  return builder.Emit(kNeg, {builder.SumOfLast(builder.Emit(kMul, {logs, target}))});
}

ValueId CategoricalCrossEntropy(QuantityBuilder& builder) { return CrossEntropy(builder, builder.label()); }

ValueId SparseCategoricalCrossEntropy(QuantityBuilder& builder) {
  const int64_t classes = builder.type(builder.prediction()).shape.back();
  return CrossEntropy(builder, builder.Emit(kOneHot, {builder.label()}, {{"classes", classes}}));
}

// (y − label)²
ValueId MeanSquaredError(QuantityBuilder& builder) {
  const ValueId error = builder.Emit(kSub, {builder.prediction(), builder.label()});
  return builder.Emit(kMul, {error, error});
}

std::vector<Loss>& Table() {
  static auto* const table = new std::vector<Loss>{
      {.name = "categorical_crossentropy",
       .label_kind = LabelKind::kOneHot,
       .arguments = {kFromLogits},
       .activation = &kSoftmax,
       .row = CategoricalCrossEntropy},
      {.name = "sparse_categorical_crossentropy",
       .label_kind = LabelKind::kClassNumber,
       .arguments = {kFromLogits},
       .activation = &kSoftmax,
       .row = SparseCategoricalCrossEntropy},
      {.name = "mean_squared_error", .label_kind = LabelKind::kNumbers, .row = MeanSquaredError},
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
