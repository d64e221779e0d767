#include "passes/autodiff.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ir/gradient.h"
#include "ir/op.h"
#include "ir/status.h"
#include "passes/edit.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::ValueId;

class Differentiator {
 public:
  Differentiator(Graph& graph, ValueId loss)
      : graph_(graph), loss_(loss), gradient_(graph.values.size(), ir::kNoValue) {}

  absl::Status Run() {
    MarkDependences();
    FindErrors();
    if (!errors_.empty()) return absl::InvalidArgumentError(absl::StrJoin(errors_, "\n"));

    // The gradient of the loss with respect to itself is 1.
    const std::vector<Node> forward = graph_.nodes;
    const ir::NodeId last = FindUses(graph_).Producer(loss_);
    const std::vector<ir::Location> place =
        last == Uses::kNone ? std::vector<ir::Location>() : forward[Index(last)].locations;
    BRINE_ASSIGN_OR_RETURN(const std::vector<ValueId> one,
                           graph_.AddNode(ir::kConstant, {}, ir::ScalarConstant(1), place));
    gradient_[Index(loss_)] = one[0];
    for (auto node = forward.rbegin(); node != forward.rend(); ++node) BRINE_RETURN_IF_ERROR(Visit(*node));
    return AddOutputs();
  }

 private:
  // Whether the value is on a path from a parameter to the loss.
  bool IsOnPath(ValueId value) const { return depends_on_parameter_[Index(value)] && affects_loss_[Index(value)]; }

  void MarkDependences() {
    depends_on_parameter_.assign(graph_.values.size(), false);
    affects_loss_.assign(graph_.values.size(), false);
    for (const ir::State& state : graph_.states) {
      if (state.role == ir::Role::kParameter) depends_on_parameter_[Index(state.value)] = true;
    }
    for (const Node& node : graph_.nodes) {
      const bool depends = std::any_of(node.inputs.begin(), node.inputs.end(),
                                       [&](ValueId input) { return depends_on_parameter_[Index(input)]; });
      for (ValueId output : node.outputs) depends_on_parameter_[Index(output)] = depends;
    }
    affects_loss_[Index(loss_)] = true;
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
      const bool affects = std::any_of(node->outputs.begin(), node->outputs.end(),
                                       [&](ValueId output) { return affects_loss_[Index(output)]; });
      if (!affects) continue;
      for (ValueId input : node->inputs) affects_loss_[Index(input)] = true;
    }
  }

  bool IsNodeOnPath(const Node& node) const {
    return std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) { return IsOnPath(input); }) &&
           std::any_of(node.outputs.begin(), node.outputs.end(),
                       [&](ValueId output) { return affects_loss_[Index(output)]; });
  }

  void FindErrors() {
    for (const Node& node : graph_.nodes) {
      if (!IsNodeOnPath(node) || node.op->gradient != nullptr) continue;
      AddError(node.locations, graph_.value(node.outputs[0]).name,
               absl::StrCat(node.op->name, " has no gradient, but lies between a parameter and the loss: ",
                            node.op->not_differentiable));
    }
    for (const ir::State& state : graph_.states) {
      if (state.role != ir::Role::kParameter) continue;
      const std::string& name = graph_.value(state.value).name;
      if (!affects_loss_[Index(state.value)]) {
        AddError({state.location}, name, absl::StrCat(name, " cannot be trained: the loss does not depend on it"));
      } else if (graph_.type(state.value).dtype != ir::DType::kF32) {
        AddError({state.location}, name,
                 absl::StrCat(name, " cannot be trained: it is ", ir::ToString(graph_.type(state.value)), ", not f32"));
      }
    }
  }

  void AddError(const std::vector<ir::Location>& locations, absl::string_view name, absl::string_view sentence) {
    errors_.push_back(std::string(ErrorAt(locations, name, sentence).message()));
  }

  // Adds a contribution to the gradient of the value.
  absl::Status AddContribution(ValueId value, ValueId gradient, const std::vector<ir::Location>& locations) {
    ValueId& sum = gradient_[Index(value)];
    if (sum != ir::kNoValue) {
      BRINE_ASSIGN_OR_RETURN(const std::vector<ValueId> added,
                             graph_.AddNode(ir::kAdd, {sum, gradient}, {}, locations));
      gradient = added[0];
    }
    sum = gradient;
    return absl::OkStatus();
  }

  // For each input of the node, whether its gradient is needed.
  std::vector<bool> NeedsGradient(const Node& node) const {
    std::vector<bool> needs_gradient;
    for (ValueId input : node.inputs)
      needs_gradient.push_back(IsOnPath(input) && graph_.type(input).dtype == ir::DType::kF32);
    return needs_gradient;
  }

  // Adds the gradients of the node's inputs.  All readers of its outputs have been visited.
  absl::Status Visit(const Node& node) {
    if (!IsNodeOnPath(node)) return absl::OkStatus();
    std::vector<ValueId> output_gradients;
    for (ValueId output : node.outputs) {
      const ValueId gradient = gradient_[Index(output)];
      if (gradient != ir::kNoValue) Rename(graph_, gradient, absl::StrCat(graph_.value(output).name, ".grad"));
      output_gradients.push_back(gradient);
    }
    if (std::all_of(output_gradients.begin(), output_gradients.end(),
                    [](ValueId gradient) { return gradient == ir::kNoValue; }))
      return absl::OkStatus();
    ir::GradientBuilder builder(graph_, node, output_gradients, NeedsGradient(node));
    const absl::Status status = node.op->gradient(builder);
    if (!status.ok()) return ErrorAt(node.locations, graph_.value(node.outputs[0]).name, status.message());
    for (size_t index = 0; index < node.inputs.size(); ++index) {
      const ValueId gradient = builder.input_gradients()[index];
      if (gradient != ir::kNoValue)
        BRINE_RETURN_IF_ERROR(AddContribution(node.inputs[index], gradient, node.locations));
    }
    return absl::OkStatus();
  }

  absl::Status AddOutputs() {
    for (const ir::State& state : graph_.states) {
      if (state.role != ir::Role::kParameter) continue;
      const std::string name = graph_.value(state.value).name;
      const ValueId gradient = gradient_[Index(state.value)];
      if (gradient == ir::kNoValue) {
        AddError({state.location}, name, absl::StrCat(name, " cannot be trained: no gradient reaches it"));
        continue;
      }
      Rename(graph_, gradient, absl::StrCat(name, ".grad"));
      graph_.outputs.push_back({absl::StrCat(name, ".grad"), gradient});
    }
    if (!errors_.empty()) return absl::InvalidArgumentError(absl::StrJoin(errors_, "\n"));
    return absl::OkStatus();
  }

  Graph& graph_;
  const ValueId loss_;
  // By value of the forward graph:
  std::vector<bool> depends_on_parameter_, affects_loss_;
  std::vector<ValueId> gradient_;  // the sum of the contributions so far

  std::vector<std::string> errors_;
};

bool IsParameter(const ir::State& state) { return state.role == ir::Role::kParameter; }

bool UpdatesParameters(const Graph& graph) {
  return std::any_of(graph.updates.begin(), graph.updates.end(),
                     [&](const ir::Update& update) { return IsParameter(*graph.FindState(update.state)); });
}

}  // namespace

absl::StatusOr<bool> Autodiff(Graph& graph) {
  if (graph.function != ir::Function::kTrain || UpdatesParameters(graph)) return false;
  ir::ValueId loss = ir::kNoValue;
  for (const ir::Output& output : graph.outputs) {
    if (output.name == "loss") loss = output.value;
    if (absl::EndsWith(output.name, ".grad")) return false;
  }
  const std::string model = absl::StrCat("model ", graph.name);
  if (loss == ir::kNoValue) return ErrorAt({}, model, "it has no output named loss; add-loss makes one");
  if (graph.type(loss) != ir::Type())
    return ErrorAt({}, model, absl::StrCat("its loss must be f32[], got ", ir::ToString(graph.type(loss))));
  if (std::none_of(graph.states.begin(), graph.states.end(), IsParameter))
    return ErrorAt({}, model, "it has no parameters to train");
  BRINE_RETURN_IF_ERROR(Differentiator(graph, loss).Run());
  return true;
}

}  // namespace brine::passes
