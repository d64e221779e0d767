// The rewriter: one iteration over a graph's nodes in which a pass replaces, inserts and erases them.
//
//   Rewrite(graph, [](Rewriter& rewriter) {  // outside training, a node whose op says so is replaced by its operand
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
  // The visited node.  Its operands have been rewritten by the visits before.  This node and those before it keep their
  // addresses until they are erased.
  const ir::Node& node() const { return *current_; }
  const ir::Type& type(ir::ValueId value) const { return graph_.type(value); }
  const std::string& name(ir::ValueId value) const { return graph_.value(value).name; }

  // The node that makes `value`, if it has been visited already; null for inputs and states.
  const ir::Node* Producer(ir::ValueId value) const;
  // The same, but null if it is not an application of `op`.
  const ir::Node* Producer(ir::ValueId value, const ir::Op& op) const;

  // The number of operands, outputs of the graph and updates that are `value`, after all edits so far.
  int Reads(ir::ValueId value) const { return Info(value).reads; }
  bool IsRead(const ir::Node& node) const;

  // Adds an application of `op` before the visited node and returns its first result.  The result is named after the
  // visited node's and has that node's locations.  Types fit by construction: a failure is our bug.
  ir::ValueId Emit(const ir::Op& op, std::vector<ir::ValueId> inputs, ir::Attributes attributes = {});
  // Adds a node before the visited one.  A result that another node made is made by this one from now on.
  void Insert(ir::Node node);
  // A value for a node to insert; a name that is taken gets a number.
  ir::ValueId NewValue(absl::string_view name, ir::Type type);

  // Makes the visited node an application of `op`.  It keeps its locations, and its results keep their names and
  // types; additional results of the new op get names of their own.
  void ReplaceWith(const ir::Op& op, std::vector<ir::ValueId> inputs, ir::Attributes attributes = {});
  // Makes the visited node `node`, whose results are among its own, or new values.
  void ReplaceWith(ir::Node node);
  void SetInput(size_t index, ir::ValueId value);

  // Readers of `value`, a result of the visited node, read `by` instead, which has been visited already.
  void Replace(ir::ValueId value, ir::ValueId by);
  // Erases the visited node.  Its readers read the results of `earlier` instead, which takes over its locations.
  void MergeInto(const ir::Node& earlier);
  // Erases the node that makes `value` if none of its results is read, and then the nodes that only it read.
  void EraseUnread(ir::ValueId value);

 private:
  friend bool Rewrite(ir::Graph& graph, absl::FunctionRef<void(Rewriter&)> visit);

  using Nodes = std::list<ir::Node>;
  struct ValueInfo {
    Nodes::iterator producer;  // the end of the list: none, or not passed yet
    int reads = 0;
    ir::ValueId replacement = ir::kNoValue;
  };

  explicit Rewriter(ir::Graph& graph);
  void Run(absl::FunctionRef<void(Rewriter&)> visit);
  void Finish();

  ValueInfo& Info(ir::ValueId value) { return info_[Index(value)]; }
  const ValueInfo& Info(ir::ValueId value) const { return info_[Index(value)]; }
  void Redirect(ir::ValueId& value) const;
  void SetProducer(Nodes::iterator node);

  ir::Graph& graph_;  // its nodes are in `nodes_` during the iteration
  Nodes nodes_;
  Nodes::iterator current_, next_;
  std::vector<ValueInfo> info_;  // by value
  bool changed_ = false;
};

// Calls `visit` at every node of the graph, in order, and returns whether it changed anything.  Takes linear time in
// nodes, operands and what the visits add.
bool Rewrite(ir::Graph& graph, absl::FunctionRef<void(Rewriter&)> visit);

}  // namespace brine::passes

#endif  // BRINE_PASSES_REWRITER_H_
