#include "ir/gradient.h"

#include "absl/strings/str_cat.h"
#include "ir/check.h"

namespace brine::ir {

GradientBuilder::GradientBuilder(Graph& graph, const Node& node, std::vector<ValueId> output_gradients,
                                 std::vector<bool> needs_gradient)
    : graph_(graph),
      node_(node),
      output_gradients_(std::move(output_gradients)),
      needs_gradient_(std::move(needs_gradient)),
      input_gradients_(node_.inputs.size(), kNoValue) {
  BRINE_CHECK(output_gradients_.size() == node_.outputs.size() && needs_gradient_.size() == node_.inputs.size());
}

ValueId GradientBuilder::Emit(const Op& op, std::vector<ValueId> inputs, Attributes attributes) {
  const absl::StatusOr<std::vector<ValueId>> outputs =
      graph_.AddNode(op, std::move(inputs), std::move(attributes), node_.locations);
  BRINE_CHECK(outputs.ok());
  return outputs->front();
}

ValueId GradientBuilder::EmitConstant(double value) { return Emit(kConstant, {}, ScalarConstant(value)); }

ValueId GradientBuilder::SumTo(const Type& target, ValueId gradient) {
  const Shape from = type(gradient).shape;
  const size_t added = from.size() - target.shape.size();  // the number of leading axes that the target lacks
  std::vector<int64_t> axes;
  for (size_t axis = 0; axis < from.size(); ++axis) {
    if (axis < added || (target.shape[axis - added] == 1 && from[axis] != 1))
      axes.push_back(static_cast<int64_t>(axis));
  }
  if (axes.empty()) return gradient;
  const ValueId sum = Emit(kReduceSum, {gradient}, {{"axes", axes}});
  if (type(sum).shape == target.shape) return sum;
  return Emit(kReshape, {sum}, {{"shape", std::vector<int64_t>(target.shape)}});
}

void GradientBuilder::SetInputGradient(int index, ValueId gradient) {
  BRINE_CHECK(type(gradient).shape == type(input(index)).shape);
  input_gradients_[static_cast<size_t>(index)] = gradient;
}

}  // namespace brine::ir
