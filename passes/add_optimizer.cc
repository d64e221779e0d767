#include "passes/add_optimizer.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ir/expression.h"
#include "ir/kinds.h"
#include "ir/optimizers.h"
#include "ir/status.h"
#include "passes/edit.h"

namespace brine::passes {
namespace {

using ir::Attributes;
using ir::Graph;
using ir::UpdateRule;
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
    const ir::Optimizer* const optimizer = ir::FindOptimizer(training_.optimizer);
    if (optimizer == nullptr)
      return ErrorAt({training_.location}, "compile", absl::StrCat("unknown optimizer \"", training_.optimizer, "\""));
    const UpdateRule& rule = ir::RuleOf(*optimizer, training_.optimizer_arguments);
    for (const ir::UpdateSlot& slot : rule.slots) AddSlots(*optimizer, slot);
    return AddUpdates(*rule.op, AddOperands(*optimizer, rule), AttributesOf(*optimizer, rule));
  }

 private:
  // Moves the outputs "<parameter>.grad" to `parameters_`.
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

  ir::AttributeValue ArgumentOf(const ir::Optimizer& optimizer, absl::string_view name) const {
    return ir::ArgumentOf(optimizer, training_.optimizer_arguments, name);
  }

  std::vector<ValueId> AddOperands(const ir::Optimizer& optimizer, const UpdateRule& rule) {
    std::map<std::string, ValueId, std::less<>> scalars;
    for (const std::string& name : rule.scalars) {
      const double initial = std::get<double>(ArgumentOf(optimizer, name));
      scalars[name] = FindOrAddInput(graph_, ir::Source::kScalar, name, {}, initial);
    }
    const ir::ScalarLookup expression_of = [&](absl::string_view name) {
      return ir::ScalarOf(scalars.find(name)->second);
    };
    std::vector<ValueId> operands;
    for (const ir::UpdateOperand& operand : rule.operands) {
      operands.push_back(operand.expression == nullptr
                             ? scalars.find(operand.name)->second
                             : AddHostExpression(operand.name, operand.expression(expression_of)));
    }
    return operands;
  }

  Attributes AttributesOf(const ir::Optimizer& optimizer, const UpdateRule& rule) const {
    Attributes attributes;
    for (const std::string& name : rule.attributes) attributes.Set(name, ArgumentOf(optimizer, name));
    return attributes;
  }

  ValueId AddHostExpression(absl::string_view name, ir::Expression expression) {
    const ValueId value = graph_.AddValue(name, {});
    graph_.inputs.push_back({.value = value, .source = ir::Source::kExpression, .expression = std::move(expression)});
    return value;
  }

  void AddSlots(const ir::Optimizer& optimizer, const ir::UpdateSlot& row) {
    ir::Initializer initializer;
    if (!row.initial.empty()) initializer.argument = std::get<double>(ArgumentOf(optimizer, row.initial));
    for (Parameter& parameter : parameters_) {
      const std::string name = absl::StrCat("optimizer/", row.name, "/", graph_.value(parameter.value).name);
      const ValueId slot = graph_.AddValue(name, graph_.type(parameter.value));
      graph_.states.push_back({slot, ir::Role::kSlot, initializer, parameter.location});
      parameter.slots.push_back(slot);
    }
  }

  // Adds p', slots' = op(p, g, slots…, operands…) for each parameter, and the updates of its states.
  absl::Status AddUpdates(const ir::Op& op, const std::vector<ValueId>& operands, const Attributes& attributes) {
    for (const Parameter& parameter : parameters_) {
      const std::vector<ValueId> inputs =
          ir::UpdateOperands(parameter.value, parameter.gradient, parameter.slots, operands);
      const std::string name = absl::StrCat(graph_.value(parameter.value).name, ".next");
      BRINE_ASSIGN_OR_RETURN(const std::vector<ValueId> outputs,
                             graph_.AddNode(op, inputs, attributes, {parameter.location}, name));
      for (size_t result = 0; result < outputs.size(); ++result)
        graph_.updates.push_back({inputs[ir::OperandReplacedBy(result)], outputs[result]});
    }
    return absl::OkStatus();
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
