// The rewriter: one iteration over a graph's nodes in which a pass replaces, inserts and erases them.
//
// Example: replaces each node whose op has the trait `outside_training` by the operand that this trait names.
//
//   Rewrite(graph, [](Rewriter& rewriter) {
//     const ir::Node& node = rewriter.node();
//     const int operand = node.op->outside_training;
//     if (operand >= 0) rewriter.Replace(node.outputs[0], node.inputs[static_cast<size_t>(operand)]);
//   });
#ifndef BRINE_PASSES_REWRITER_H_
#define BRINE_PASSES_REWRITER_H_

#include <list>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "ir/graph.h"
#include "ir/op.h"

namespace brine::passes {

class Rewriter {
 public:
  // The visited node.  Its operands are those after all earlier visits.  Visited nodes keep their addresses until they
  // are erased.
  const ir::Node& node() const { return *current_; }
  const ir::Type& type(ir::ValueId value) const { return graph_.type(value); }
  const std::string& name(ir::ValueId value) const { return graph_.value(value).name; }

  // The node that defines `value`; null for an input, a state, and a node that was not visited yet.
  const ir::Node* Producer(ir::ValueId value) const;
  // The node that defines `value`, if it is an application of `op`; otherwise null.
  const ir::Node* Producer(ir::ValueId value, const ir::Op& op) const;

  // How often `value` is read now: the number of operands, and of outputs, penalties and updates of the graph, that are
  // this value.
  int Reads(ir::ValueId value) const { return Info(value).reads; }
  // Whether a result of the node is read.
  bool IsRead(const ir::Node& node) const;

  // Adds an application of `op` before the visited node and returns its first result.  It has the visited node's
  // locations, and its result the name of the visited node's result with a number.  CHECKs that the op accepts the
  // inputs.
  ir::ValueId Emit(const ir::Op& op, std::vector<ir::ValueId> inputs, ir::Attributes attributes = {});
  // Adds a node before the visited one.  If another node defines one of its results, that node must be replaced.
  void Insert(ir::Node node);
  // A new value for the result of a node to insert.  If the name is taken, a number is appended.
  ir::ValueId NewValue(absl::string_view name, ir::Type type);

  // Makes the visited node an application of `op`.  The node keeps its locations and its results.  CHECKs that the op
  // accepts the inputs and that the results keep their types.  If the op has more results, they are new values.
  void ReplaceWith(const ir::Op& op, std::vector<ir::ValueId> inputs, ir::Attributes attributes = {});
  // Puts `node` in place of the visited node.  Its results are results of the visited node or new values.
  void ReplaceWith(ir::Node node);
  void SetInput(size_t index, ir::ValueId value);

  // Makes all readers of `value`, a result of the visited node, read `by` instead.  `by` must be defined before the
  // node.
  void Replace(ir::ValueId value, ir::ValueId by);
  // Makes all readers of the visited node's results read those of `earlier` instead, adds the node's locations to
  // `earlier`, and erases the node.
  void MergeInto(const ir::Node& earlier);
  // Erases the node that defines `value` if none of its results is read, and then likewise the producers of its
  // operands.
  void EraseUnread(ir::ValueId value);

 private:
  friend bool Rewrite(ir::Graph& graph, absl::FunctionRef<void(Rewriter&)> visit);

  using Nodes = std::list<ir::Node>;
  struct ValueInfo {
    Nodes::iterator producer;  // the end of the list if no node, or none that was visited, defines the value
    int reads = 0;
    ir::ValueId replacement = ir::kNoValue;  // the value that nodes which are visited later read instead
  };

  explicit Rewriter(ir::Graph& graph);
  void Run(absl::FunctionRef<void(Rewriter&)> visit);
  void Finish();

  ValueInfo& Info(ir::ValueId value) { return info_[Index(value)]; }
  const ValueInfo& Info(ir::ValueId value) const { return info_[Index(value)]; }
  void Redirect(ir::ValueId& value) const;
  void SetProducer(Nodes::iterator node);

  ir::Graph& graph_;  // has no nodes during the iteration: they are in `nodes_`
  Nodes nodes_;
  Nodes::iterator current_, next_;
  std::vector<ValueInfo> info_;  // by value
  bool changed_ = false;
};

// Calls `visit` at every node of the graph, in order, and returns whether a visit changed the graph.  The time is
// linear in the numbers of nodes and operands, including those that visits add.
bool Rewrite(ir::Graph& graph, absl::FunctionRef<void(Rewriter&)> visit);

}  // namespace brine::passes

#endif  // BRINE_PASSES_REWRITER_H_
