#include "passes/fold_constants.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "ir/op.h"
#include "ir/tensor.h"
#include "passes/rewriter.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::Type;
using ir::ValueId;

constexpr int64_t kMaxFoldedElements = 1024;

using Tensor = ir::Tensor<double>;

bool IsSmall(const Type& type) {
  if (type.dtype == ir::DType::kMask || std::count(type.shape.begin(), type.shape.end(), ir::kBatch) > 0) return false;
  const absl::StatusOr<int64_t> elements = ir::ElementCount(type.shape, 1);
  return elements.ok() && *elements <= kMaxFoldedElements;
}

Tensor Evaluate(const Node& node, const Type& result, const std::vector<const Tensor*>& inputs) {
  std::vector<Tensor> outputs = {ir::MakeTensor<double>(result, 1)};
  node.op->interpret({inputs, absl::MakeSpan(outputs), node.attributes});
  return std::move(outputs[0]);
}

// The attributes of the constant with the elements of `tensor`, or nothing if no constant can have them.
std::optional<ir::Attributes> AttributesOfConstant(const Tensor& tensor, const Type& type) {
  std::vector<double> values = tensor.real;
  if (!ir::IsReal(type.dtype)) values.assign(tensor.integers.begin(), tensor.integers.end());
  if (!std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }))
    return std::nullopt;
  if (std::all_of(values.begin(), values.end(), [&](double value) { return value == values[0]; })) values.resize(1);
  ir::Attributes attributes = {
      {"dtype", std::string(ir::DTypeName(type.dtype))}, {"shape", type.shape}, {"values", values}};
  if (!ir::InferTypes(ir::kConstant, {}, attributes).ok())
    return std::nullopt;  // a number is too large for the element type
  return attributes;
}

}  // namespace

absl::StatusOr<bool> FoldConstants(Graph& graph) {
  std::map<ValueId, Tensor> constants;
  return Rewrite(graph, [&](Rewriter& rewriter) {
    const Node& node = rewriter.node();
    if (node.outputs.size() != 1 || !IsSmall(rewriter.type(node.outputs[0]))) return;
    std::vector<const Tensor*> inputs;
    for (ValueId input : node.inputs) {
      const auto it = constants.find(input);
      if (it == constants.end()) return;
      inputs.push_back(&it->second);
    }
    const Type type = rewriter.type(node.outputs[0]);
    Tensor result = Evaluate(node, type, inputs);
    if (node.op != &ir::kConstant) {
      const std::optional<ir::Attributes> attributes = AttributesOfConstant(result, type);
      if (!attributes) return;
      rewriter.ReplaceWith(ir::kConstant, {}, *attributes);
    }
    constants.emplace(node.outputs[0], std::move(result));
  });
}

}  // namespace brine::passes
