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

ValueId QuantityBuilder::SumOverRows(ValueId x) {
  std::vector<int64_t> axes(type(x).shape.size());
  std::iota(axes.begin(), axes.end(), int64_t{0});
  return Emit(kReduceSum, {x}, {{"axes", axes}});
}

ValueId QuantityBuilder::Mean(ValueId sum) { return Add(kDiv, {sum, inputs_.rows}, {}, quantity_); }

}  // namespace brine::ir
