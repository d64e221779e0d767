#include "passes/add_optimizer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ir/op.h"
#include "ir/status.h"
#include "ir/text_line.h"
#include "passes/edit.h"

namespace brine::passes {
namespace {

using ir::Attributes;
using ir::Graph;
using ir::ValueId;

struct Parameter {
  ValueId value, gradient;
  ir::Location location;
  std::vector<ValueId> slots;
};

class OptimizerAdder {
 public:
  explicit OptimizerAdder(Graph& graph) : graph_(graph), training_(std::exchange(graph.training, {})) {}

  absl::Status Run() {
    BRINE_RETURN_IF_ERROR(TakeGradients());
    if (training_.optimizer == "adam") return AddAdam();
    if (training_.optimizer == "sgd") return Argument("momentum") == 0 ? AddSgd() : AddMomentum();
    return ErrorAt({training_.location}, "compile", absl::StrCat("unknown optimizer \"", training_.optimizer, "\""));
  }

 private:
  absl::Status TakeGradients() {
    for (const ir::State& state : graph_.states) {
      if (state.role != ir::Role::kParameter) continue;
      const std::string& name = graph_.value(state.value).name;
      const auto output = std::find_if(graph_.outputs.begin(), graph_.outputs.end(), [&](const ir::Output& candidate) {
        return candidate.name == absl::StrCat(name, ".grad");
      });
      if (output == graph_.outputs.end())
        return ErrorAt({state.location}, name, absl::StrCat(name, " has no gradient; autodiff makes them"));
      parameters_.push_back({state.value, output->value, state.location, {}});
      graph_.outputs.erase(output);
    }
    return absl::OkStatus();
  }

  double Argument(absl::string_view name) const {
    return training_.optimizer_arguments.Has(name) ? training_.optimizer_arguments.Float(name) : 0;
  }
  ValueId Scalar(absl::string_view name) {
    return FindOrAddInput(graph_, ir::Source::kScalar, name, {}, Argument(name));
  }

  void AddSlots(absl::string_view kind) {
    for (Parameter& parameter : parameters_) {
      const std::string name = absl::StrCat("optimizer/", kind, "/", graph_.value(parameter.value).name);
      const ValueId slot = graph_.AddValue(name, graph_.type(parameter.value));
      graph_.states.push_back({slot, ir::Role::kSlot, {}, parameter.location});
      parameter.slots.push_back(slot);
    }
  }

  // p', slots' = op(p, g, slots, scalars)
  absl::Status AddSteps(const ir::Op& op, const std::vector<ValueId>& scalars, const Attributes& attributes = {}) {
    for (const Parameter& parameter : parameters_) {
      std::vector<ValueId> inputs = {parameter.value, parameter.gradient};
      inputs.insert(inputs.end(), parameter.slots.begin(), parameter.slots.end());
      inputs.insert(inputs.end(), scalars.begin(), scalars.end());
      const std::string name = absl::StrCat(graph_.value(parameter.value).name, ".next");
      BRINE_ASSIGN_OR_RETURN(const std::vector<ValueId> outputs,
                             graph_.AddNode(op, std::move(inputs), attributes, {parameter.location}, name));
      graph_.updates.push_back({parameter.value, outputs[0]});
      for (size_t slot = 0; slot < parameter.slots.size(); ++slot)
        graph_.updates.push_back({parameter.slots[slot], outputs[slot + 1]});
    }
    return absl::OkStatus();
  }

  absl::Status AddSgd() { return AddSteps(ir::kSgd, {Scalar("learning_rate")}); }

  absl::Status AddMomentum() {
    const bool nesterov =
        training_.optimizer_arguments.Has("nesterov") && training_.optimizer_arguments.Bool("nesterov");
    AddSlots("momentum");
    const ValueId rate = Scalar("learning_rate"), momentum = Scalar("momentum");
    return AddSteps(ir::kMomentum, {rate, momentum}, {{"nesterov", nesterov}});
  }

  absl::Status AddAdam() {
    AddSlots("momentum");
    AddSlots("velocity");
    Scalar("learning_rate");  // of which the host makes adam_rate
    const ValueId rate = FindOrAddInput(graph_, ir::Source::kAdamRate, "adam_rate", {});
    const ValueId beta_1 = Scalar("beta_1"), beta_2 = Scalar("beta_2"), epsilon = Scalar("epsilon");
    return AddSteps(ir::kAdam, {rate, beta_1, beta_2, epsilon});
  }

  Graph& graph_;
  const ir::Training training_;
  std::vector<Parameter> parameters_;
};

}  // namespace

absl::StatusOr<bool> AddOptimizer(Graph& graph) {
  if (graph.function != ir::Function::kTrain || !ir::IsCompiled(graph.training)) return false;
  BRINE_RETURN_IF_ERROR(OptimizerAdder(graph).Run());
  return true;
}

}  // namespace brine::passes
