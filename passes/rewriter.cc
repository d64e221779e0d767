#include "passes/rewriter.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ir/check.h"
#include "passes/edit.h"

namespace brine::passes {

using ir::Node;
using ir::ValueId;

Rewriter::Rewriter(ir::Graph& graph)
    : graph_(graph),
      nodes_(std::move_iterator(graph.nodes.begin()), std::move_iterator(graph.nodes.end())),
      current_(nodes_.end()),
      next_(nodes_.begin()),
      known_(graph.values.size(), Known{nodes_.end()}) {
  graph.nodes.clear();
  for (const Node& node : nodes_) {
    for (ValueId input : node.inputs) ++Of(input).reads;
  }
  for (const ir::Update& update : graph.updates) ++Of(update.value).reads;
  for (const ir::Output& output : graph.outputs) ++Of(output.value).reads;
}

void Rewriter::Walk(absl::FunctionRef<void(Rewriter&)> visit) {
  while (next_ != nodes_.end()) {
    current_ = next_++;
    for (ValueId& input : current_->inputs) Redirect(input);
    SetMaker(current_);
    visit(*this);
  }
}

void Rewriter::Finish() {
  for (ir::Update& update : graph_.updates) Redirect(update.value);
  for (ir::Output& output : graph_.outputs) Redirect(output.value);
  graph_.nodes.assign(std::move_iterator(nodes_.begin()), std::move_iterator(nodes_.end()));
}

const Node* Rewriter::Maker(ValueId value) const {
  const Nodes::iterator maker = Of(value).maker;
  return maker == nodes_.end() ? nullptr : &*maker;
}

const Node* Rewriter::Maker(ValueId value, const ir::Op& op) const {
  const Node* const maker = Maker(value);
  return maker != nullptr && maker->op == &op ? maker : nullptr;
}

bool Rewriter::IsRead(const Node& node) const {
  return std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId output) { return Reads(output) > 0; });
}

ValueId Rewriter::Emit(const ir::Op& op, std::vector<ValueId> inputs, ir::Attributes attributes) {
  const auto outputs =
      graph_.AddNode(op, std::move(inputs), std::move(attributes), current_->locations, name(current_->outputs[0]));
  BRINE_CHECK(outputs.ok());
  known_.resize(graph_.values.size(), Known{nodes_.end()});
  Insert(std::move(graph_.nodes.back()));
  graph_.nodes.pop_back();
  return outputs->front();
}

void Rewriter::Insert(Node node) {
  for (ValueId input : node.inputs) ++Of(input).reads;
  SetMaker(nodes_.insert(current_, std::move(node)));
  changed_ = true;
}

ValueId Rewriter::NewValue(absl::string_view name, ir::Type type) {
  known_.push_back({nodes_.end()});
  return graph_.AddValue(name, std::move(type));
}

void Rewriter::Become(const ir::Op& op, std::vector<ValueId> inputs, ir::Attributes attributes) {
  BRINE_CHECK(ir::CompleteAttributes(op, attributes).ok());
  std::vector<ir::Type> types;
  for (ValueId input : inputs) types.push_back(type(input));
  const auto results = ir::InferTypes(op, types, attributes);
  BRINE_CHECK(results.ok() && results->size() >= node().outputs.size());
  Node node = *current_;
  node.op = &op;
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  const std::string base = name(node.outputs[0]);
  for (size_t index = 0; index < results->size(); ++index) {
    const ir::Type& result = (*results)[index];
    if (index == node.outputs.size())
      node.outputs.push_back(NewValue(absl::StrCat(base, ".", op.results[index]), result));
    BRINE_CHECK(type(node.outputs[index]) == result);
  }
  Become(std::move(node));
}

void Rewriter::Become(Node node) {
  for (ValueId input : node.inputs) ++Of(input).reads;
  for (ValueId input : current_->inputs) --Of(input).reads;
  *current_ = std::move(node);
  SetMaker(current_);
  changed_ = true;
}

void Rewriter::SetInput(size_t index, ValueId value) {
  ValueId& input = current_->inputs[index];
  if (input == value) return;
  --Of(input).reads;
  ++Of(value).reads;
  input = value;
  changed_ = true;
}

void Rewriter::Replace(ValueId value, ValueId by) {
  changed_ |= Reads(value) > 0;
  Of(by).reads += std::exchange(Of(value).reads, 0);
  Of(value).replacement = by;
}

void Rewriter::MergeInto(const Node& earlier) {
  for (size_t index = 0; index < current_->outputs.size(); ++index)
    Replace(current_->outputs[index], earlier.outputs[index]);
  AddLocations(current_->locations, *Of(earlier.outputs[0]).maker);
  EraseUnread(current_->outputs[0]);
}

void Rewriter::EraseUnread(ValueId value) {
  std::vector<ValueId> pending = {value};
  while (!pending.empty()) {
    const Nodes::iterator maker = Of(pending.back()).maker;
    pending.pop_back();
    if (maker == nodes_.end() || IsRead(*maker)) continue;
    for (ValueId output : maker->outputs) Of(output).maker = nodes_.end();
    for (ValueId input : maker->inputs) {
      if (--Of(input).reads == 0) pending.push_back(input);
    }
    nodes_.erase(maker);
    changed_ = true;
  }
}

void Rewriter::Redirect(ValueId& value) const {
  if (Of(value).replacement != ir::kNoValue) value = Of(value).replacement;
}

// The iteration has passed `node`, so its maker and readers can be queried.
void Rewriter::SetMaker(Nodes::iterator node) {
  for (ValueId output : node->outputs) Of(output).maker = node;
}

bool Rewrite(ir::Graph& graph, absl::FunctionRef<void(Rewriter&)> visit) {
  Rewriter rewriter(graph);
  rewriter.Walk(visit);
  rewriter.Finish();
  return rewriter.changed_;
}

}  // namespace brine::passes
