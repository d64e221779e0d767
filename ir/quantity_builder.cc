#include "ir/quantity_builder.h"

#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"

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

ValueId QuantityBuilder::SumOfLast(ValueId x) { return SumFrom(type(x).shape.size() - 1, x); }

ValueId QuantityBuilder::SumFrom(size_t first, ValueId x) {
  std::vector<int64_t> axes(type(x).shape.size() - first);
  std::iota(axes.begin(), axes.end(), static_cast<int64_t>(first));
  return Emit(kReduceSum, {x}, {{"axes", axes}});
}

ValueId QuantityBuilder::RowMeans(ValueId x) {
  const Shape shape = type(x).shape;
  if (shape.size() <= 1) return x;
  double elements = 1;
  for (size_t axis = 1; axis < shape.size(); ++axis) elements *= static_cast<double>(shape[axis]);
  const ValueId sum = SumFrom(1, x);
  return elements == 1 ? sum : Emit(kDiv, {sum, EmitConstant(elements)});
}

ValueId QuantityBuilder::Mean(ValueId rows) {
  return Add(kDiv, {SumFrom(0, RowMeans(rows)), inputs_.rows}, {}, quantity_);
}

ValueId QuantityBuilder::WeightedSum(ValueId rows) {
  const ValueId weighted = Emit(kMul, {RowMeans(rows), inputs_.weight});
  return Add(kReduceSum, {weighted}, {{"axes", std::vector<int64_t>{0}}}, quantity_);
}

}  // namespace brine::ir
