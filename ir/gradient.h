// The arguments of an op's gradient rule: the node, the gradients of its outputs, and functions that add nodes.
#ifndef BRINE_IR_GRADIENT_H_
#define BRINE_IR_GRADIENT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ir/graph.h"
#include "ir/op.h"

namespace brine::ir {

class GradientBuilder {
 public:
  // `output_gradients` holds one value or kNoValue for each output; `needed` says which inputs want a gradient.
  GradientBuilder(Graph& graph, const Node& node, std::vector<ValueId> output_gradients, std::vector<bool> needed);

  const Node& node() const { return node_; }
  const Attributes& attributes() const { return node_.attributes; }
  ValueId input(int index) const { return node_.inputs[static_cast<size_t>(index)]; }
  ValueId output(int index = 0) const { return node_.outputs[static_cast<size_t>(index)]; }
  Type type(ValueId value) const { return graph_.type(value); }  // a copy, since adding nodes moves the graph's
  ValueId output_gradient(int index = 0) const {
    return output_gradients_[static_cast<size_t>(index)];
  }  // kNoValue: there is none
  bool needed(int index) const { return needed_[static_cast<size_t>(index)]; }

  // Adds a node and returns its first output.  It inherits the node's locations.  Types fit by construction: a failure
  // is our bug.
  ValueId Emit(const Op& op, std::vector<ValueId> inputs, Attributes attributes = {});
  ValueId EmitConstant(double value);  // f32[]

  // Sums `gradient` over the axes along which broadcasting stretched `type` to the gradient's shape.
  ValueId SumTo(const Type& type, ValueId gradient);

  void SetInputGradient(int index, ValueId gradient);
  const std::vector<ValueId>& input_gradients() const { return input_gradients_; }  // kNoValue where none was set

 private:
  Graph& graph_;
  Node node_;  // a copy, for the same reason
  std::vector<ValueId> output_gradients_;
  std::vector<bool> needed_;
  std::vector<ValueId> input_gradients_;
};

}  // namespace brine::ir

#endif  // BRINE_IR_GRADIENT_H_
