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
    for (const ir::Objective& objective : training_.objectives) BRINE_RETURN_IF_ERROR(AddObjective(objective));
    BRINE_ASSIGN_OR_RETURN(const ValueId total, AddTotal());
    graph_.outputs = {{"loss", total}};
    if (losses_.size() > 1) graph_.outputs.insert(graph_.outputs.end(), losses_.begin(), losses_.end());
    graph_.outputs.insert(graph_.outputs.end(), metrics_.begin(), metrics_.end());
    return absl::OkStatus();
  }

 private:
  absl::Status Refuse(absl::string_view sentence) const { return ErrorAt({training_.location}, "compile", sentence); }

  absl::Status AddObjective(const ir::Objective& objective) {
    const ir::Loss* const loss = ir::FindLoss(objective.loss);
    if (loss == nullptr) return Refuse(absl::StrCat("unknown loss \"", objective.loss, "\""));
    ir::QuantityInputs inputs;
    BRINE_ASSIGN_OR_RETURN(inputs.prediction, FindPrediction(*loss, objective));
    const absl::StatusOr<ir::Type> label = ir::LabelType(*loss, graph_.type(inputs.prediction));
    if (!label.ok()) return Refuse(label.status().message());
    BRINE_ASSIGN_OR_RETURN(inputs.label, AddHostInput(objective, ir::Source::kLabel, "label", *label));
    BRINE_ASSIGN_OR_RETURN(
        inputs.weight, AddHostInput(objective, ir::Source::kWeight, "sample_weight", {ir::DType::kF32, {ir::kBatch}}));
    BRINE_RETURN_IF_ERROR(
        AddQuantity(objective, "loss", &ir::QuantityBuilder::WeightedSum, loss->row, inputs, losses_));
    if (!objective.metrics.empty()) inputs.rows = FindOrAddInput(graph_, ir::Source::kRows, "rows", {});
    for (const std::string& name : objective.metrics) {
      const ir::Metric* const metric = ir::FindMetric(name);
      if (metric == nullptr) return Refuse(absl::StrCat("unknown metric \"", name, "\""));
      if (const std::string fault = ir::MetricFault(*metric, *loss); !fault.empty()) return Refuse(fault);
      BRINE_RETURN_IF_ERROR(AddQuantity(objective, name, &ir::QuantityBuilder::Mean, metric->row, inputs, metrics_));
    }
    return absl::OkStatus();
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

  // The value from which the loss is computed: the output of the model, or its logits.
  absl::StatusOr<ValueId> FindPrediction(const ir::Loss& loss, const ir::Objective& objective) const {
    const auto output = std::find_if(model_outputs_.begin(), model_outputs_.end(),
                                     [&](const ir::Output& candidate) { return candidate.name == objective.output; });
    if (output == model_outputs_.end())
      return ErrorAt({}, absl::StrCat("model ", graph_.name),
                     absl::StrCat("it has no output named ", objective.output));
    const ir::NodeId producer_id = FindUses(graph_).Producer(output->value);
    const Node* const producer = producer_id == Uses::kNone ? nullptr : &graph_.node(producer_id);
    const std::string fault =
        ir::ProducerFault(loss, objective.arguments, producer == nullptr ? nullptr : producer->op);
    if (!fault.empty()) return Refuse(fault);
    return ir::ActivationOf(loss, objective.arguments) == nullptr ? output->value : producer->inputs[0];
  }

  // Adds a quantity of which `row` computes the value of each row, and `reduce` the value of the batch from them.
  absl::Status AddQuantity(const ir::Objective& objective, absl::string_view quantity,
                           ValueId (ir::QuantityBuilder::*reduce)(ValueId), ValueId (*row)(ir::QuantityBuilder&),
                           const ir::QuantityInputs& inputs, std::vector<ir::Output>& outputs) {
    const std::string name = ir::QuantityName(training_, objective, quantity);
    ir::QuantityBuilder builder(graph_, name, training_.location, inputs, objective.arguments);
    outputs.push_back({name, (builder.*reduce)(row(builder))});
    return builder.status();
  }

  // Adds Σ weight·loss, which training minimizes.  A factor of 1 is left out.
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
  std::vector<ir::Output> losses_, metrics_;  // losses_ has one element for each objective
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
