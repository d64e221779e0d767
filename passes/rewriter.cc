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
      info_(graph.values.size(), ValueInfo{nodes_.end()}) {
  graph.nodes.clear();
  for (const Node& node : nodes_) {
    for (ValueId input : node.inputs) ++Info(input).reads;
  }
  for (const ir::Update& update : graph.updates) ++Info(update.value).reads;
  for (ValueId penalty : graph.penalties) ++Info(penalty).reads;
  for (const ir::Output& output : graph.outputs) ++Info(output.value).reads;
}

void Rewriter::Run(absl::FunctionRef<void(Rewriter&)> visit) {
  while (next_ != nodes_.end()) {
    current_ = next_++;
    for (ValueId& input : current_->inputs) Redirect(input);
    SetProducer(current_);
    visit(*this);
  }
}

void Rewriter::Finish() {
  for (ir::Update& update : graph_.updates) Redirect(update.value);
  for (ValueId& penalty : graph_.penalties) Redirect(penalty);
  for (ir::Output& output : graph_.outputs) Redirect(output.value);
  graph_.nodes.assign(std::move_iterator(nodes_.begin()), std::move_iterator(nodes_.end()));
}

const Node* Rewriter::Producer(ValueId value) const {
  const Nodes::iterator producer = Info(value).producer;
  return producer == nodes_.end() ? nullptr : &*producer;
}

const Node* Rewriter::Producer(ValueId value, const ir::Op& op) const {
  const Node* const producer = Producer(value);
  return producer != nullptr && producer->op == &op ? producer : nullptr;
}

bool Rewriter::IsRead(const Node& node) const {
  return std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId output) { return Reads(output) > 0; });
}

ValueId Rewriter::Emit(const ir::Op& op, std::vector<ValueId> inputs, ir::Attributes attributes) {
  const auto outputs =
      graph_.AddNode(op, std::move(inputs), std::move(attributes), current_->locations, name(current_->outputs[0]));
  BRINE_CHECK(outputs.ok());
  info_.resize(graph_.values.size(), ValueInfo{nodes_.end()});
  Insert(std::move(graph_.nodes.back()));
  graph_.nodes.pop_back();
  return outputs->front();
}

void Rewriter::Insert(Node node) {
  for (ValueId input : node.inputs) ++Info(input).reads;
  SetProducer(nodes_.insert(current_, std::move(node)));
  changed_ = true;
}

ValueId Rewriter::NewValue(absl::string_view name, ir::Type type) {
  info_.push_back({nodes_.end()});
  return graph_.AddValue(name, std::move(type));
}

void Rewriter::ReplaceWith(const ir::Op& op, std::vector<ValueId> inputs, ir::Attributes attributes) {
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
  ReplaceWith(std::move(node));
}

void Rewriter::ReplaceWith(Node node) {
  for (ValueId input : node.inputs) ++Info(input).reads;
  for (ValueId input : current_->inputs) --Info(input).reads;
  *current_ = std::move(node);
  SetProducer(current_);
  changed_ = true;
}

void Rewriter::SetInput(size_t index, ValueId value) {
  ValueId& input = current_->inputs[index];
  if (input == value) return;
  --Info(input).reads;
  ++Info(value).reads;
  input = value;
  changed_ = true;
}

void Rewriter::Replace(ValueId value, ValueId by) {
  changed_ |= Reads(value) > 0;
  Info(by).reads += std::exchange(Info(value).reads, 0);
  Info(value).replacement = by;
}

void Rewriter::MergeInto(const Node& earlier) {
  for (size_t index = 0; index < current_->outputs.size(); ++index)
    Replace(current_->outputs[index], earlier.outputs[index]);
  AddLocations(current_->locations, *Info(earlier.outputs[0]).producer);
  EraseUnread(current_->outputs[0]);
}

void Rewriter::EraseUnread(ValueId value) {
  std::vector<ValueId> pending = {value};
  while (!pending.empty()) {
    const Nodes::iterator producer = Info(pending.back()).producer;
    pending.pop_back();
    if (producer == nodes_.end() || IsRead(*producer)) continue;
    for (ValueId output : producer->outputs) Info(output).producer = nodes_.end();
    for (ValueId input : producer->inputs) {
      if (--Info(input).reads == 0) pending.push_back(input);
    }
    nodes_.erase(producer);
    changed_ = true;
  }
}

void Rewriter::Redirect(ValueId& value) const {
  if (Info(value).replacement != ir::kNoValue) value = Info(value).replacement;
}

// Makes Producer() return `node` for its results.
void Rewriter::SetProducer(Nodes::iterator node) {
  for (ValueId output : node->outputs) Info(output).producer = node;
}

bool Rewrite(ir::Graph& graph, absl::FunctionRef<void(Rewriter&)> visit) {
  Rewriter rewriter(graph);
  rewriter.Run(visit);
  rewriter.Finish();
  return rewriter.changed_;
}

}  // namespace brine::passes
