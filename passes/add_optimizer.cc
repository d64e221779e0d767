#include "passes/add_optimizer.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ir/expression.h"
#include "ir/kinds.h"
#include "ir/optimizers.h"
#include "ir/status.h"
#include "ir/training.h"
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
  std::vector<ValueId> slots = {};
};

// What the updates of the parameters of a layer read from the host.
struct Rates {
  ValueId learning_rate;
  std::vector<ValueId> operands = {};
  ValueId decay = ir::kNoValue;  // learning_rate·weight_decay, or kNoValue without decay
};

class OptimizerAdder {
 public:
  explicit OptimizerAdder(Graph& graph) : graph_(graph), training_(std::exchange(graph.training, {})) {}

  absl::Status Run() {
    BRINE_RETURN_IF_ERROR(TakeGradients());
    optimizer_ = ir::FindOptimizer(training_.optimizer);
    if (optimizer_ == nullptr)
      return ErrorAt({training_.location}, "compile", absl::StrCat("unknown optimizer \"", training_.optimizer, "\""));
    rule_ = &ir::RuleOf(*optimizer_, training_.optimizer_arguments);
    EndShards();
    ClipGradients();
    for (const ir::UpdateSlot& slot : rule_->slots) AddSlots(slot);
    for (const Parameter& parameter : parameters_) AddUpdate(parameter);
    return status_;
  }

 private:
  std::string GradientName(ValueId parameter) const { return absl::StrCat(graph_.value(parameter).name, ".grad"); }

  // Moves the outputs that are gradients to `parameters_`.
  absl::Status TakeGradients() {
    for (const ir::State& state : graph_.states) {
      if (state.role != ir::Role::kParameter) continue;
      const std::string& name = graph_.value(state.value).name;
      const auto output = std::find_if(graph_.outputs.begin(), graph_.outputs.end(), [&](const ir::Output& candidate) {
        return candidate.name == GradientName(state.value);
      });
      if (output == graph_.outputs.end())
        return ErrorAt({state.location}, name, absl::StrCat(name, " has no gradient; autodiff makes them"));
      parameters_.push_back({state.value, output->value, state.location});
      graph_.outputs.erase(output);
    }
    return absl::OkStatus();
  }

  // ---- Values from the host

  ir::AttributeValue ArgumentOf(absl::string_view name) const {
    return ir::ArgumentOf(*optimizer_, training_.optimizer_arguments, name);
  }
  double Number(absl::string_view name) const { return std::get<double>(ArgumentOf(name)); }

  // The input of the argument of this name: a scalar, or, of the learning rate, perhaps a schedule of the model.
  ValueId ScalarInput(absl::string_view name) {
    const ir::Input* const given = graph_.FindInput(graph_.FindValue(name));
    if (given != nullptr && given->source == ir::Source::kExpression) return given->value;
    return FindOrAddInput(graph_, ir::Source::kScalar, name, {}, Number(name));
  }

  // The input that is the result of the expression; `name` is its name if there is none yet.
  ValueId ExpressionInput(absl::string_view name, const ir::Expression& expression) {
    for (const ir::Input& input : graph_.inputs) {
      if (input.source == ir::Source::kExpression && input.expression == expression) return input.value;
    }
    const ValueId value = graph_.AddValue(name, {});
    graph_.inputs.push_back({.value = value, .source = ir::Source::kExpression, .expression = expression});
    return value;
  }

  const Rates& RatesOf(const Parameter& parameter) {
    const std::string& name = graph_.value(parameter.value).name;
    const auto multiplier =
        std::find_if(training_.learning_rate_multipliers.begin(), training_.learning_rate_multipliers.end(),
                     [&](const ir::RateMultiplier& row) { return absl::StartsWith(name, row.layer + "/"); });
    const bool is_multiplied = multiplier != training_.learning_rate_multipliers.end();
    const std::string layer = is_multiplied ? multiplier->layer : "";
    const auto known = rates_.find(layer);
    return known != rates_.end() ? known->second
                                 : rates_[layer] = AddRates(layer, is_multiplied ? multiplier->factor : 1);
  }

  // Adds the inputs for the parameters of a layer, or, if `layer` is empty, for those of layers without a multiplier.
  Rates AddRates(const std::string& layer, double factor) {
    const auto prefixed = [&](absl::string_view name) {
      return layer.empty() ? std::string(name) : absl::StrCat(layer, "/", name);
    };
    for (const std::string& name : rule_->scalars) ScalarInput(name);
    Rates rates = {.learning_rate = ScalarInput(ir::kLearningRate)};
    if (!layer.empty()) {
      const std::string name = prefixed("learning_rate_multiplier");
      const ValueId multiplier = FindOrAddInput(graph_, ir::Source::kScalar, name, {}, factor);
      rates.learning_rate = ExpressionInput(prefixed(ir::kLearningRate),
                                            Product(ir::ScalarOf(rates.learning_rate), ir::ScalarOf(multiplier)));
    }
    const ir::ScalarLookup scalar = [&](absl::string_view name) {
      return ir::ScalarOf(name == ir::kLearningRate ? rates.learning_rate : ScalarInput(name));
    };
    for (const ir::UpdateOperand& operand : rule_->operands) {
      const bool is_rate = operand.name == ir::kLearningRate;
      if (operand.expression != nullptr)
        rates.operands.push_back(ExpressionInput(prefixed(operand.name), operand.expression(scalar)));
      else
        rates.operands.push_back(is_rate ? rates.learning_rate : ScalarInput(operand.name));
    }
    if (Number("weight_decay") > 0)
      rates.decay =
          ExpressionInput(prefixed("weight_decay_rate"), Product(scalar(ir::kLearningRate), scalar("weight_decay")));
    return rates;
  }

  static ir::Expression Product(const ir::Expression& a, const ir::Expression& b) {
    return ir::Apply(ir::TermKind::kMul, {a, b});
  }

  // ---- Nodes.  After the first failure none is added.

  std::vector<ValueId> EmitAll(const ir::Op& op, const std::vector<ValueId>& inputs, absl::string_view name,
                               const ir::Location& location, Attributes attributes = {}) {
    if (status_.ok()) {
      absl::StatusOr<std::vector<ValueId>> outputs =
          graph_.AddNode(op, inputs, std::move(attributes), {location}, name);
      if (outputs.ok()) return *std::move(outputs);
      status_ = outputs.status();
    }
    return std::vector<ValueId>(op.results.size(), ir::kNoValue);
  }
  ValueId Emit(const ir::Op& op, const std::vector<ValueId>& inputs, absl::string_view name,
               const ir::Location& location, Attributes attributes = {}) {
    return EmitAll(op, inputs, name, location, std::move(attributes))[0];
  }

  // What follows works on the gradients of the whole batch, and so does the new content of the model's statistics.
  void EndShards() {
    for (Parameter& parameter : parameters_) {
      const std::string name = GradientName(parameter.value) + ".mean";
      parameter.gradient = Emit(ir::kMeanOverShards, {parameter.gradient}, name, parameter.location);
    }
    for (ir::Update& update : graph_.updates) {
      const std::string name = absl::StrCat(graph_.value(update.state).name, ".mean");
      update.value = Emit(ir::kMeanOverShards, {update.value}, name, graph_.FindState(update.state)->location);
    }
  }

  // Multiplies each gradient by limit / max(size, limit), where size is |g| of each element, ‖g‖ of the parameter, or
  // the norm of all gradients together.  A gradient that is no number stays so, whatever a kernel's maximum does to it,
  // so that the step fails.
  void ClipGradients() {
    for (const char* name : {"clipvalue", "clipnorm", "global_clipnorm"}) {
      if (Number(name) == 0) continue;
      const std::vector<ValueId> scales = ScalesOfGradients(name);
      for (size_t index = 0; index < parameters_.size(); ++index) {
        Parameter& parameter = parameters_[index];
        parameter.gradient = Emit(ir::kMul, {parameter.gradient, scales[index]},
                                  GradientName(parameter.value) + ".clipped", parameter.location);
      }
    }
  }

  // For each parameter, the factor by which the argument `clip` shrinks its gradient.
  std::vector<ValueId> ScalesOfGradients(absl::string_view clip) {
    const ValueId limit = ScalarInput(clip);
    std::vector<ValueId> scales;
    ValueId total = ir::kNoValue;
    for (const Parameter& parameter : parameters_) {
      const std::string gradient = GradientName(parameter.value);
      const ir::Location& location = parameter.location;
      if (clip == "clipvalue") {
        const ValueId size = Emit(ir::kAbs, {parameter.gradient}, gradient + ".size", location);
        scales.push_back(ScaleOf(size, limit, gradient, location));
        continue;
      }
      const ValueId square = SquareOf(parameter);
      if (clip == "clipnorm")
        scales.push_back(ScaleOf(Emit(ir::kSqrt, {square}, gradient + ".norm", location), limit, gradient, location));
      else
        total =
            total == ir::kNoValue ? square : Emit(ir::kAdd, {total, square}, "gradients.square", training_.location);
    }
    if (total == ir::kNoValue) return scales;
    const ValueId norm = Emit(ir::kSqrt, {total}, "gradients.norm", training_.location);
    return std::vector<ValueId>(parameters_.size(), ScaleOf(norm, limit, "gradients", training_.location));
  }

  // The sum of the squares of the elements of the gradient.
  ValueId SquareOf(const Parameter& parameter) {
    const std::string name = GradientName(parameter.value) + ".square";
    const ValueId square = Emit(ir::kMul, {parameter.gradient, parameter.gradient}, name, parameter.location);
    std::vector<int64_t> axes(static_cast<size_t>(graph_.type(parameter.value).rank()));
    if (axes.empty()) return square;
    std::iota(axes.begin(), axes.end(), 0);
    return Emit(ir::kReduceSum, {square}, name, parameter.location, {{"axes", axes}});
  }

  // limit / max(size, limit)
  ValueId ScaleOf(ValueId size, ValueId limit, const std::string& name, const ir::Location& location) {
    return Emit(ir::kDiv, {limit, Emit(ir::kMaximum, {size, limit}, name + ".divisor", location)}, name + ".scale",
                location);
  }

  void AddSlots(const ir::UpdateSlot& row) {
    ir::Initializer initializer;
    if (!row.initial.empty()) initializer.argument = Number(row.initial);
    for (Parameter& parameter : parameters_) {
      const std::string name = absl::StrCat("optimizer/", row.name, "/", graph_.value(parameter.value).name);
      const ValueId slot = graph_.AddValue(name, graph_.type(parameter.value));
      graph_.states.push_back({slot, ir::Role::kSlot, initializer, parameter.location});
      parameter.slots.push_back(slot);
    }
  }

  bool Decays(const std::string& parameter) const {
    return std::none_of(training_.exclude_from_weight_decay.begin(), training_.exclude_from_weight_decay.end(),
                        [&](const std::string& part) { return absl::StrContains(parameter, part); });
  }

  // Adds p', slots' = op(p, g, slots…, operands…), the decay, and the updates of the states.
  void AddUpdate(const Parameter& parameter) {
    const Rates& rates = RatesOf(parameter);
    const std::string name = graph_.value(parameter.value).name, next = name + ".next";
    const bool decays = rates.decay != ir::kNoValue && Decays(name);
    const std::vector<ValueId> inputs =
        ir::UpdateOperands(parameter.value, parameter.gradient, parameter.slots, rates.operands);
    std::vector<ValueId> outputs =
        EmitAll(*rule_->op, inputs, decays ? name + ".moved" : next, parameter.location, AttributesOfRule());
    if (decays) {
      const ValueId decay = Emit(ir::kMul, {parameter.value, rates.decay}, name + ".decay", parameter.location);
      outputs[0] = Emit(ir::kSub, {outputs[0], decay}, next, parameter.location);
    }
    for (size_t result = 0; result < outputs.size(); ++result)
      graph_.updates.push_back({inputs[ir::OperandReplacedBy(result)], outputs[result]});
    const ValueId average = graph_.FindValue(ir::AverageName(name));
    if (std::get<bool>(ArgumentOf("use_ema")) && average != ir::kNoValue) AddAverage(average, outputs[0], parameter);
  }

  Attributes AttributesOfRule() const {
    Attributes attributes;
    for (const std::string& name : rule_->attributes) attributes.Set(name, ArgumentOf(name));
    return attributes;
  }

  // average' = average + weight·(p' − average), where weight is 1 − ema_momentum, and 1 in the first step.
  void AddAverage(ValueId average, ValueId next, const Parameter& parameter) {
    const ir::Expression one = ir::Constant(1), later = ir::Apply(ir::TermKind::kLess, {one, ir::StepNumber()});
    const ir::Expression share = ir::Apply(ir::TermKind::kSub, {one, ir::ScalarOf(ScalarInput("ema_momentum"))});
    const ValueId weight = ExpressionInput("ema_weight", ir::Apply(ir::TermKind::kSelect, {later, share, one}));
    const std::string name = graph_.value(average).name;
    const ValueId difference = Emit(ir::kSub, {next, average}, name + ".difference", parameter.location);
    const ValueId step = Emit(ir::kMul, {difference, weight}, name + ".step", parameter.location);
    graph_.updates.push_back({average, Emit(ir::kAdd, {average, step}, name + ".next", parameter.location)});
  }

  Graph& graph_;
  const ir::Training training_;
  const ir::Optimizer* optimizer_ = nullptr;
  const UpdateRule* rule_ = nullptr;
  std::vector<Parameter> parameters_;
  std::map<std::string, Rates> rates_;  // by layer; those without a multiplier are under the empty name
  absl::Status status_;
};

}  // namespace

absl::StatusOr<bool> AddOptimizer(Graph& graph) {
  if (graph.function != ir::Function::kTrain || !ir::IsCompiled(graph.training)) return false;
  BRINE_RETURN_IF_ERROR(OptimizerAdder(graph).Run());
  return true;
}

}  // namespace brine::passes
