#include "passes/canonicalize.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ir/op.h"
#include "passes/edit.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::ValueId;

bool IsMonotone(const ir::Op& op) { return op.monotone && op.is_elementwise() && op.operands.size() == 1; }

// max_pool(f(x)) = f(max_pool(x))
bool PoolFirst(Graph& graph) {
  const Uses uses = FindUses(graph);
  const std::vector<Node> old = std::exchange(graph.nodes, {});
  std::vector<int> producer(graph.values.size(), Uses::kNone);  // position in the new list
  std::vector<bool> moved;                                      // by position in the new list
  const auto append = [&](Node node) {
    for (ValueId output : node.outputs) producer[static_cast<size_t>(output)] = static_cast<int>(graph.nodes.size());
    graph.nodes.push_back(std::move(node));
    moved.push_back(false);
  };
  bool changed = false;
  for (Node node : old) {
    std::vector<Node> behind;  // what goes behind the pool, the last one first
    while (node.op == &ir::kMaxPool && uses.Unread(node.outputs[1])) {
      const ValueId x = node.inputs[0];
      const int position = producer[static_cast<size_t>(x)];
      if (position == Uses::kNone || uses.Readers(x).size() != 1 || uses.Leaves(x)) break;
      const Node& activation = graph.nodes[static_cast<size_t>(position)];
      if (!IsMonotone(*activation.op)) break;
      node.inputs[0] = activation.inputs[0];
      moved[static_cast<size_t>(position)] = true;
      behind.push_back(activation);
    }
    if (behind.empty()) {
      append(std::move(node));
      continue;
    }
    changed = true;
    const ValueId result = node.outputs[0];
    ValueId pooled = graph.AddValue(absl::StrCat(graph.value(result).name, ".max_pool"), graph.type(result));
    producer.resize(graph.values.size(), Uses::kNone);
    node.outputs[0] = pooled;
    append(std::move(node));
    for (auto activation = behind.rbegin(); activation != behind.rend(); ++activation) {
      activation->inputs[0] = pooled;
      // The last activation defines what the pool's readers read; those before it define pooled values of their own.
      const bool last = activation + 1 == behind.rend();
      pooled =
          last ? result
               : graph.AddValue(absl::StrCat(graph.value(result).name, ".", activation->op->name), graph.type(result));
      producer.resize(graph.values.size(), Uses::kNone);
      activation->outputs[0] = pooled;
      append(std::move(*activation));
    }
  }
  RemoveNodes(graph, moved);
  return changed;
}

// avg_pool(relu(x)) = relu_avg_pool(x)
bool MaskMeans(Graph& graph) {
  const Uses uses = FindUses(graph);
  std::vector<bool> merged(graph.nodes.size(), false);
  bool changed = false;
  for (size_t position = 0; position < graph.nodes.size(); ++position) {
    Node& node = graph.nodes[position];
    if (node.op != &ir::kAvgPool) continue;
    const ValueId x = node.inputs[0], result = node.outputs[0];
    if (!ir::kReluAvgPool.infer({{graph.type(x)}, node.attributes}).ok()) continue;
    const int producer = uses.Producer(x);
    if (producer == Uses::kNone || graph.nodes[static_cast<size_t>(producer)].op != &ir::kRelu) continue;
    if (uses.Readers(x).size() != 1 || uses.Leaves(x)) continue;
    node.op = &ir::kReluAvgPool;
    node.inputs[0] = graph.nodes[static_cast<size_t>(producer)].inputs[0];
    node.outputs.push_back(
        graph.AddValue(absl::StrCat(graph.value(result).name, ".mask"), {ir::DType::kU8, graph.type(result).shape}));
    merged[static_cast<size_t>(producer)] = true;
    changed = true;
  }
  RemoveNodes(graph, merged);
  return changed;
}

// a + b = b + a, a·b = b·a
bool OrderOperands(Graph& graph) {
  bool changed = false;
  std::vector<bool> constant(graph.values.size(), false);
  for (Node& node : graph.nodes) {
    if (node.op->is_source()) constant[static_cast<size_t>(node.outputs[0])] = true;
    if (!node.op->commutative) continue;
    const ValueId a = node.inputs[0], b = node.inputs[1];
    const ir::Shape& result = graph.type(node.outputs[0]).shape;
    const bool a_fits = graph.type(a).shape == result, b_fits = graph.type(b).shape == result;
    const bool a_constant = constant[static_cast<size_t>(a)], b_constant = constant[static_cast<size_t>(b)];
    if (a_fits == b_fits ? !a_constant || b_constant : a_fits) continue;
    std::swap(node.inputs[0], node.inputs[1]);
    changed = true;
  }
  return changed;
}

}  // namespace

absl::StatusOr<bool> Canonicalize(Graph& graph) {
  const bool pools = PoolFirst(graph);
  const bool means = MaskMeans(graph);
  return OrderOperands(graph) || pools || means;
}

}  // namespace brine::passes
