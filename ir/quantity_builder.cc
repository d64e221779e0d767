#include "ir/quantity_builder.h"

#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ir/expression.h"

namespace brine::ir {

QuantityBuilder::QuantityBuilder(Graph& graph, std::string quantity, Location location, const QuantityInputs& inputs,
                                 const Attributes& arguments)
    : graph_(graph),
      quantity_(std::move(quantity)),
      location_{std::move(location.file), location.line, quantity_},
      inputs_(inputs),
      arguments_(arguments) {}

Type QuantityBuilder::type(ValueId value) const { return value == kNoValue ? Type() : graph_.type(value); }

ValueId QuantityBuilder::Add(const Op& op, std::vector<ValueId> inputs, Attributes attributes, absl::string_view name) {
  if (!status_.ok()) return kNoValue;
  const absl::StatusOr<std::vector<ValueId>> outputs =
      graph_.AddNode(op, std::move(inputs), std::move(attributes), {location_}, name);
  status_ = outputs.status();
  return outputs.ok() ? outputs->front() : kNoValue;
}

ValueId QuantityBuilder::Emit(const Op& op, std::vector<ValueId> inputs, Attributes attributes) {
  return Add(op, std::move(inputs), std::move(attributes), absl::StrCat(quantity_, ".", op.name));
}

ValueId QuantityBuilder::EmitConstant(double value) { return Emit(kConstant, {}, ScalarConstant(value)); }

ValueId QuantityBuilder::EmitIntegers(int64_t value, const Shape& shape) {
  const ValueId one =
      Emit(kConstant, {},
           {{"dtype", "i32"}, {"shape", Shape()}, {"values", std::vector<double>{static_cast<double>(value)}}});
  return Emit(kBroadcast, {one}, {{"shape", shape}});
}

ValueId QuantityBuilder::ClassOfLabel() {
  return type(label()).dtype == DType::kI32 ? label() : Emit(kArgmax, {label()});
}

ValueId QuantityBuilder::NumbersOfLabel() {
  if (type(label()).dtype == DType::kF32) return label();
  return Emit(kOneHot, {label()}, {{"classes", type(prediction()).shape.back()}});
}

ValueId QuantityBuilder::SumOfLast(ValueId x, bool keep_dims) {
  const int64_t last = type(x).rank() - 1;
  if (last == 0) return x;
  return Emit(kReduceSum, {x}, {{"axes", std::vector<int64_t>{last}}, {"keep_dims", keep_dims}});
}

ValueId QuantityBuilder::SumFrom(size_t first, ValueId x) {
  std::vector<int64_t> axes(type(x).shape.size() - first);
  std::iota(axes.begin(), axes.end(), static_cast<int64_t>(first));
  return axes.empty() ? x : Emit(kReduceSum, {x}, {{"axes", axes}});
}

// The pool of a picture whose columns are the elements of the last axis.
ValueId QuantityBuilder::MaximumOfLast(ValueId x) {
  const Shape shape = type(x).shape;
  if (shape.size() <= 1) return x;
  Dim positions = 1;
  for (size_t axis = 1; axis + 1 < shape.size(); ++axis) positions *= shape[axis];
  const Shape rows(shape.begin(), shape.end() - 1), picture = {shape[0], positions, shape.back(), 1};
  const std::vector<int64_t> window = {1, shape.back()};
  const ValueId pooled =
      Emit(kMaxPool, {Emit(kReshape, {x}, {{"shape", picture}})}, {{"window", window}, {"strides", window}});
  return Emit(kReshape, {pooled}, {{"shape", rows}});
}

ValueId QuantityBuilder::RowMeans(ValueId x) {
  const Shape shape = type(x).shape;
  double elements = 1;
  for (size_t axis = 1; axis < shape.size(); ++axis) elements *= static_cast<double>(shape[axis]);
  const ValueId sum = SumFrom(1, x);
  return elements == 1 ? sum : Emit(kDiv, {sum, EmitConstant(elements)});
}

ValueId QuantityBuilder::Mean(ValueId values) {
  return Add(kDiv, {SumFrom(0, RowMeans(values)), inputs_.rows}, {}, quantity_);
}

ValueId QuantityBuilder::WeightedSum(ValueId values) {
  const ValueId of_rows = has_mask() ? SumFrom(1, Emit(kMul, {values, mask_})) : RowMeans(values);
  const ValueId weighted = Emit(kMul, {of_rows, inputs_.weight});
  const Attributes over_rows = {{"axes", std::vector<int64_t>{0}}};
  if (!has_mask()) return Add(kReduceSum, {weighted}, over_rows, quantity_);
  // The weights have the factor 1 / rows, in place of which there must be 1 / (the number of elements that count).
  const ValueId count = Emit(kMaximum, {SumFrom(0, mask_), EmitConstant(1)});
  return Add(kMul, {Emit(kReduceSum, {weighted}, over_rows), Emit(kDiv, {inputs_.rows, count})}, {}, quantity_);
}

int32_t QuantityBuilder::AddSum(absl::string_view part, ValueId value) {
  graph_.outputs.push_back({absl::StrCat(quantity_, ".", part), value, /*is_sum=*/true});
  return static_cast<int32_t>(graph_.outputs.size()) - 1;
}

Result QuantityBuilder::MaskedMean(ValueId values) {
  const int32_t total = AddSum("total", SumFrom(0, Emit(kMul, {values, mask_})));
  const int32_t count = AddSum("count", SumFrom(0, mask_));
  return {quantity_, Share(ElementOf(total), ElementOf(count))};
}

}  // namespace brine::ir
