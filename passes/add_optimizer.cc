#include "passes/add_optimizer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ir/expression.h"
#include "ir/op.h"
#include "ir/status.h"
#include "ir/text_line.h"
#include "passes/edit.h"

namespace brine::passes {
namespace {

using ir::Attributes;
using ir::Expression;
using ir::Graph;
using ir::TermKind;
using ir::ValueId;

Expression OneMinus(const Expression& x) { return ir::Apply(TermKind::kSub, {ir::Constant(1), x}); }
Expression ToThePowerOfT(const Expression& x) { return ir::Apply(TermKind::kPow, {x, ir::StepNumber()}); }

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

  ValueId HostExpression(absl::string_view name, const Expression& expression) {
    const ValueId value = graph_.AddValue(name, {});
    graph_.inputs.push_back({.value = value, .source = ir::Source::kExpression, .expression = expression});
    return value;
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
    const Expression learning_rate = ir::ScalarOf(Scalar("learning_rate"));
    const Expression beta_1 = ir::ScalarOf(Scalar("beta_1")), beta_2 = ir::ScalarOf(Scalar("beta_2"));
    const ValueId epsilon = Scalar("epsilon");
    // learning_rate·√(1 − beta_2ᵗ) / (1 − beta_1ᵗ): Kingma and Ba 2015, the end of section 2.
    const Expression root = ir::Apply(TermKind::kSqrt, {OneMinus(ToThePowerOfT(beta_2))});
    const Expression rate =
        ir::Apply(TermKind::kDiv, {ir::Apply(TermKind::kMul, {learning_rate, root}), OneMinus(ToThePowerOfT(beta_1))});
    return AddSteps(ir::kAdam, {HostExpression("adam_rate", rate), HostExpression("one_minus_beta_1", OneMinus(beta_1)),
                                HostExpression("one_minus_beta_2", OneMinus(beta_2)), epsilon});
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
