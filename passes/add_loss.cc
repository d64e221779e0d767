#include "passes/add_loss.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "ir/losses.h"
#include "ir/metrics.h"
#include "ir/op.h"
#include "ir/quantity_builder.h"
#include "ir/status.h"
#include "ir/training.h"
#include "passes/edit.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::ValueId;

class LossAdder {
 public:
  explicit LossAdder(Graph& graph) : graph_(graph), training_(graph.training), model_outputs_(graph.outputs) {}

  absl::Status Run() {
    for (const ir::Objective& objective : training_.objectives) BRINE_RETURN_IF_ERROR(AddLossOf(objective));
    BRINE_ASSIGN_OR_RETURN(const ValueId total, AddTotal());
    graph_.outputs = {{"loss", total}};
    graph_.penalties.clear();
    if (losses_.size() > 1) graph_.outputs.insert(graph_.outputs.end(), losses_.begin(), losses_.end());
    for (const ir::Objective& objective : training_.objectives) {
      for (const ir::MetricUse& use : objective.metrics) BRINE_RETURN_IF_ERROR(AddMetric(objective, use));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Refuse(absl::string_view sentence) const { return ErrorAt({training_.location}, "compile", sentence); }

  absl::Status AddLossOf(const ir::Objective& objective) {
    const ir::Loss* const loss = ir::FindLoss(objective.loss);
    if (loss == nullptr) return Refuse(absl::StrCat("unknown loss \"", objective.loss, "\""));
    BRINE_ASSIGN_OR_RETURN(const ir::QuantityInputs inputs,
                           InputsOf(objective, *loss, loss->name, loss->activation, objective.arguments));
    const std::string name = ir::QuantityName(training_, objective, "loss");
    ir::QuantityBuilder builder(graph_, name, training_.location, inputs, objective.arguments);
    losses_.push_back({name, builder.WeightedSum(loss->row(builder))});
    return builder.status();
  }

  absl::Status AddMetric(const ir::Objective& objective, const ir::MetricUse& use) {
    const ir::Loss& loss = *ir::FindLoss(objective.loss);
    const ir::Metric* const metric = ir::FindMetric(use.metric);
    if (metric == nullptr) return Refuse(absl::StrCat("unknown metric \"", use.metric, "\""));
    if (const std::string fault = ir::MetricFault(*metric, loss); !fault.empty()) return Refuse(fault);
    BRINE_ASSIGN_OR_RETURN(const ir::QuantityInputs inputs,
                           InputsOf(objective, loss, metric->name, metric->activation, use.arguments));
    const std::string name = ir::QuantityName(training_, objective, use.name);
    ir::QuantityBuilder builder(graph_, name, training_.location, inputs, use.arguments);
    if (metric->result == nullptr) {
      const ValueId values = metric->row(builder);
      if (!builder.has_mask())
        graph_.outputs.push_back({name, builder.Mean(values)});
      else
        AddResult(name, builder.MaskedMean(values));
    } else {
      AddResult(name, metric->result(builder));
    }
    return builder.status();
  }

  void AddResult(const std::string& name, ir::Result result) {
    result.name = name;
    graph_.results.push_back(std::move(result));
  }

  // The values from which the loss or metric `quantity` of an output with this loss is computed.
  absl::StatusOr<ir::QuantityInputs> InputsOf(const ir::Objective& objective, const ir::Loss& loss,
                                              absl::string_view quantity, const ir::Op* activation,
                                              const ir::Attributes& arguments) {
    BRINE_ASSIGN_OR_RETURN(const ValueId output, FindModelOutput(objective));
    const absl::StatusOr<ir::Type> label = ir::LabelType(loss, graph_.type(output));
    if (!label.ok()) return Refuse(label.status().message());
    ir::QuantityInputs inputs;
    BRINE_ASSIGN_OR_RETURN(inputs.prediction, PredictionOf(output, quantity, activation, arguments));
    BRINE_ASSIGN_OR_RETURN(inputs.scores, PredictionOf(output, loss.name, loss.activation, objective.arguments));
    BRINE_ASSIGN_OR_RETURN(inputs.label, AddHostInput(objective, ir::Source::kLabel, "label", *label));
    BRINE_ASSIGN_OR_RETURN(
        inputs.weight, AddHostInput(objective, ir::Source::kWeight, "sample_weight", {ir::DType::kF32, {ir::kBatch}}));
    inputs.rows = FindOrAddInput(graph_, ir::Source::kRows, "rows", {});
    return inputs;
  }

  // The output, or what `activation` computed it from.
  absl::StatusOr<ValueId> PredictionOf(ValueId output, absl::string_view quantity, const ir::Op* activation,
                                       const ir::Attributes& arguments) const {
    const ir::NodeId producer = FindUses(graph_).Producer(output);
    const ir::Op* const producing = producer == Uses::kNone ? nullptr : graph_.node(producer).op;
    const std::string fault = ir::ProducerFault(quantity, activation, arguments, producing);
    if (!fault.empty()) return Refuse(fault);
    return ir::ActivationOf(activation, arguments) == nullptr ? output : graph_.node(producer).inputs[0];
  }

  // Adds an input that the host finds by its name, which must therefore be free.
  absl::StatusOr<ValueId> AddHostInput(const ir::Objective& objective, ir::Source source, absl::string_view quantity,
                                       const ir::Type& type, double initial = 0) {
    const std::string name = ir::QuantityName(training_, objective, quantity);
    const ValueId input = FindOrAddInput(graph_, source, name, type, initial);
    if (graph_.value(input).name == name) return input;
    return Refuse(
        absl::StrCat("the ", quantity, " of ", objective.output, " must be called ", name, ", but this name is taken"));
  }

  absl::StatusOr<ValueId> FindModelOutput(const ir::Objective& objective) const {
    const auto output = std::find_if(model_outputs_.begin(), model_outputs_.end(),
                                     [&](const ir::Output& candidate) { return candidate.name == objective.output; });
    if (output != model_outputs_.end()) return output->value;
    return ErrorAt({}, absl::StrCat("model ", graph_.name), absl::StrCat("it has no output named ", objective.output));
  }

  // Adds Σ weight·loss + Σ penalties, which training minimizes.  A factor of 1 is left out.
  absl::StatusOr<ValueId> AddTotal() {
    ValueId total = ir::kNoValue;
    for (size_t index = 0; index < losses_.size(); ++index) {
      const ir::Objective& objective = training_.objectives[index];
      ValueId loss = losses_[index].value;
      if (objective.weight != 1) {
        BRINE_ASSIGN_OR_RETURN(const ValueId weight,
                               AddHostInput(objective, ir::Source::kScalar, "loss_weight", {}, objective.weight));
        BRINE_ASSIGN_OR_RETURN(loss, Add(ir::kMul, loss, weight, absl::StrCat(losses_[index].name, ".mul")));
      }
      if (total == ir::kNoValue) {
        total = loss;
      } else {
        BRINE_ASSIGN_OR_RETURN(total, Add(ir::kAdd, total, loss, "loss"));
      }
    }
    for (const ValueId penalty : graph_.penalties) {
      BRINE_ASSIGN_OR_RETURN(total, Add(ir::kAdd, total, penalty, "loss"));
    }
    return total;
  }

  absl::StatusOr<ValueId> Add(const ir::Op& op, ValueId a, ValueId b, absl::string_view name) {
    ir::Location location = training_.location;
    location.layer = "loss";
    BRINE_ASSIGN_OR_RETURN(const std::vector<ValueId> outputs,
                           graph_.AddNode(op, {a, b}, {}, {std::move(location)}, name));
    return outputs[0];
  }

  Graph& graph_;
  const ir::Training training_;
  const std::vector<ir::Output> model_outputs_;
  std::vector<ir::Output> losses_;  // one for each objective
};

}  // namespace

absl::StatusOr<bool> AddLoss(Graph& graph) {
  if (!ir::IsCompiled(graph.training)) return false;
  const bool adds_loss = std::none_of(graph.outputs.begin(), graph.outputs.end(),
                                      [](const ir::Output& output) { return output.name == "loss"; });
  if (adds_loss) BRINE_RETURN_IF_ERROR(LossAdder(graph).Run());
  // Only AddOptimizer still needs the arguments of Compile(), and it runs only in training.
  if (graph.function == ir::Function::kTrain) return adds_loss;
  graph.training = {};
  return true;
}

}  // namespace brine::passes
