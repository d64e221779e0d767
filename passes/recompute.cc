#include "passes/recompute.h"

#include <algorithm>
#include <vector>

#include "ir/op.h"
#include "passes/edit.h"
#include "passes/rewriter.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::OpKind;
using ir::ValueId;

class CheapValues {
 public:
  explicit CheapValues(const Graph& graph) : graph_(graph), uses_(FindUses(graph)) {}

  // Whether every reader of the node's result should compute it.
  bool IsOne(const Node& node) const {
    if (node.op->kind != OpKind::kElementwise || node.op->cost > ir::kCheapCost) return false;
    const std::vector<ir::NodeId>& readers = uses_.Readers(node.outputs[0]);
    if (uses_.IsGraphResult(node.outputs[0]) || !std::all_of(readers.begin(), readers.end(), [&](ir::NodeId reader) {
          return graph_.node(reader).op->is_elementwise() || graph_.node(reader).op->kind == OpKind::kReduction;
        }))
      return false;
    const ir::Shape& shape = graph_.type(node.outputs[0]).shape;
    std::vector<ValueId> of_own_shape;
    for (ValueId input : node.inputs) {
      if (graph_.type(input).shape == shape) of_own_shape.push_back(input);
    }
    return of_own_shape.size() == 1 && IsStored(of_own_shape[0]);
  }

 private:
  bool IsStored(ValueId value) const {
    const std::vector<ir::NodeId>& readers = uses_.Readers(value);
    return uses_.Producer(value) == Uses::kNone || std::any_of(readers.begin(), readers.end(), [&](ir::NodeId reader) {
             return !graph_.node(reader).op->is_elementwise();
           });
  }

  const Graph& graph_;
  const Uses uses_;
};

}  // namespace

absl::StatusOr<bool> Recompute(Graph& graph) {
  const CheapValues cheap(graph);
  std::vector<bool> is_cheap(graph.values.size(), false);
  for (const Node& node : graph.nodes) is_cheap[Index(node.outputs[0])] = cheap.IsOne(node);
  return Rewrite(graph, [&](Rewriter& rewriter) {
    const std::vector<ValueId> inputs = rewriter.node().inputs;
    for (ValueId value : inputs) {
      if (static_cast<size_t>(Index(value)) >= is_cheap.size() || !is_cheap[Index(value)]) continue;
      const int reads =
          static_cast<int>(std::count(rewriter.node().inputs.begin(), rewriter.node().inputs.end(), value));
      if (reads == 0 || rewriter.Reads(value) == reads) continue;  // the last reader takes the original
      Node copy = *rewriter.Producer(value);
      copy.outputs[0] = rewriter.NewValue(rewriter.name(value), rewriter.type(value));
      const ValueId again = copy.outputs[0];
      rewriter.Insert(std::move(copy));
      for (size_t index = 0; index < inputs.size(); ++index) {
        if (inputs[index] == value) rewriter.SetInput(index, again);
      }
    }
  });
}

}  // namespace brine::passes
