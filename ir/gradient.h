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
  // `output_gradients` has for each output its gradient, or kNoValue if the loss does not depend on the output.
  // `needs_gradient` says for each input whether its gradient is wanted.
  GradientBuilder(Graph& graph, const Node& node, std::vector<ValueId> output_gradients,
                  std::vector<bool> needs_gradient);

  const Node& node() const { return node_; }
  const Attributes& attributes() const { return node_.attributes; }
  ValueId input(int index) const { return node_.inputs[static_cast<size_t>(index)]; }
  ValueId output(int index = 0) const { return node_.outputs[static_cast<size_t>(index)]; }
  // The type is returned by value, since a reference into the graph is invalid after the next Emit.
  Type type(ValueId value) const { return graph_.type(value); }
  // kNoValue if the loss does not depend on the output.
  ValueId output_gradient(int index = 0) const { return output_gradients_[static_cast<size_t>(index)]; }
  // Whether the gradient of the input is wanted.  A rule need not compute any other.
  bool needs_gradient(int index) const { return needs_gradient_[static_cast<size_t>(index)]; }

  // Adds a node with the locations of the differentiated node, and returns the node's first output.  CHECKs that the op
  // accepts the inputs.
  ValueId Emit(const Op& op, std::vector<ValueId> inputs, Attributes attributes = {});
  ValueId EmitConstant(double value);  // f32[]

  // Sums `gradient` over the axes along which broadcasting stretched a value of type `target` to the gradient's shape.
  // The result has the shape of `target`.
  ValueId SumTo(const Type& target, ValueId gradient);

  // CHECKs that the gradient has the shape of the input.
  void SetInputGradient(int index, ValueId gradient);
  const std::vector<ValueId>& input_gradients() const { return input_gradients_; }  // kNoValue where none was set

 private:
  Graph& graph_;
  Node node_;  // a copy, since Emit may move the nodes of the graph
  std::vector<ValueId> output_gradients_;
  std::vector<bool> needs_gradient_;
  std::vector<ValueId> input_gradients_;
};

}  // namespace brine::ir

#endif  // BRINE_IR_GRADIENT_H_
