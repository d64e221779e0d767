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
  Differentiator(Graph& graph, ValueId loss) : graph_(graph), loss_(loss), sum_(graph.values.size(), ir::kNoValue) {}

  absl::Status Run() {
    MarkPath();
    FindObstacles();
    if (!errors_.empty()) return absl::InvalidArgumentError(absl::StrJoin(errors_, "\n"));

    // d loss / d loss = 1
    const std::vector<Node> forward = graph_.nodes;
    const ir::NodeId last = FindUses(graph_).Producer(loss_);
    const std::vector<ir::Location> place =
        last == Uses::kNone ? std::vector<ir::Location>() : forward[Index(last)].locations;
    BRINE_ASSIGN_OR_RETURN(const std::vector<ValueId> one,
                           graph_.AddNode(ir::kConstant, {}, ir::ScalarConstant(1), place));
    sum_[Index(loss_)] = one[0];
    for (auto node = forward.rbegin(); node != forward.rend(); ++node) BRINE_RETURN_IF_ERROR(Visit(*node));
    return AddOutputs();
  }

 private:
  bool OnPath(ValueId value) const { return reached_[Index(value)] && wanted_[Index(value)]; }

  // reached: it depends on a parameter.  wanted: the loss also depends on it.
  void MarkPath() {
    reached_.assign(graph_.values.size(), false);
    wanted_.assign(graph_.values.size(), false);
    for (const ir::State& state : graph_.states) {
      if (state.role == ir::Role::kParameter) reached_[Index(state.value)] = true;
    }
    for (const Node& node : graph_.nodes) {
      const bool reached =
          std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) { return reached_[Index(input)]; });
      for (ValueId output : node.outputs) reached_[Index(output)] = reached;
    }
    wanted_[Index(loss_)] = true;
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
      const bool wanted = std::any_of(node->outputs.begin(), node->outputs.end(),
                                      [&](ValueId output) { return wanted_[Index(output)]; });
      if (!wanted) continue;
      for (ValueId input : node->inputs) wanted_[Index(input)] = true;
    }
  }

  bool NodeOnPath(const Node& node) const {
    return std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) { return OnPath(input); }) &&
           std::any_of(node.outputs.begin(), node.outputs.end(),
                       [&](ValueId output) { return wanted_[Index(output)]; });
  }

  void FindObstacles() {
    for (const Node& node : graph_.nodes) {
      if (!NodeOnPath(node) || node.op->gradient != nullptr) continue;
      AddError(node.locations, graph_.value(node.outputs[0]).name,
               absl::StrCat(node.op->name, " has no gradient, but lies between a parameter and the loss: ",
                            node.op->not_differentiable));
    }
    for (const ir::State& state : graph_.states) {
      if (state.role != ir::Role::kParameter) continue;
      const std::string& name = graph_.value(state.value).name;
      if (!wanted_[Index(state.value)]) {
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

  // dy = Σ of the contributions, added in the order in which they are made.
  absl::Status Contribute(ValueId value, ValueId gradient, const std::vector<ir::Location>& locations) {
    ValueId& sum = sum_[Index(value)];
    if (sum != ir::kNoValue) {
      BRINE_ASSIGN_OR_RETURN(const std::vector<ValueId> both, graph_.AddNode(ir::kAdd, {sum, gradient}, {}, locations));
      gradient = both[0];
    }
    sum = gradient;
    return absl::OkStatus();
  }

  std::vector<bool> Wanted(const Node& node) const {
    std::vector<bool> needed;
    for (ValueId input : node.inputs) needed.push_back(OnPath(input) && graph_.type(input).dtype == ir::DType::kF32);
    return needed;
  }

  absl::Status Visit(const Node& node) {
    if (!NodeOnPath(node)) return absl::OkStatus();
    std::vector<ValueId> arriving;
    for (ValueId output : node.outputs) {
      const ValueId gradient = sum_[Index(output)];
      if (gradient != ir::kNoValue) Rename(graph_, gradient, absl::StrCat(graph_.value(output).name, ".grad"));
      arriving.push_back(gradient);
    }
    if (std::all_of(arriving.begin(), arriving.end(), [](ValueId gradient) { return gradient == ir::kNoValue; }))
      return absl::OkStatus();
    ir::GradientBuilder builder(graph_, node, arriving, Wanted(node));
    const absl::Status status = node.op->gradient(builder);
    if (!status.ok()) return ErrorAt(node.locations, graph_.value(node.outputs[0]).name, status.message());
    for (size_t index = 0; index < node.inputs.size(); ++index) {
      const ValueId gradient = builder.input_gradients()[index];
      if (gradient != ir::kNoValue) BRINE_RETURN_IF_ERROR(Contribute(node.inputs[index], gradient, node.locations));
    }
    return absl::OkStatus();
  }

  absl::Status AddOutputs() {
    for (const ir::State& state : graph_.states) {
      if (state.role != ir::Role::kParameter) continue;
      const std::string name = graph_.value(state.value).name;
      const ValueId gradient = sum_[Index(state.value)];
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
  std::vector<bool> reached_, wanted_;  // by value of the forward graph
  std::vector<ValueId> sum_;            // by value of the forward graph: its gradient so far
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
