#include "frontend/training.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "frontend/optimizer.h"
#include "ir/kinds.h"
#include "ir/losses.h"
#include "ir/metrics.h"
#include "ir/names.h"
#include "ir/optimizers.h"
#include "ir/training.h"

namespace brine::internal {
namespace {

// The names by which the user may call the rows.
template <typename Row>
std::vector<absl::string_view> NamesOf(absl::Span<const Row> rows) {
  std::vector<absl::string_view> names;
  for (const Row& row : rows) {
    names.push_back(row.name);
    if constexpr (requires { row.alias; }) {
      if (!row.alias.empty()) names.push_back(row.alias);
    }
  }
  return names;
}

const ir::Node* Producer(const ir::Graph& graph, ir::ValueId value) {
  for (const ir::Node& node : graph.nodes) {
    if (std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end()) return &node;
  }
  return nullptr;
}

// The name of the first layer after the last convolution or pool that multiplies images, instead of rows, by a matrix;
// empty if there is none.  A Flatten() is probably missing before it.
std::string DenseOnImages(const ir::Graph& graph) {
  std::string dense;
  for (const ir::Node& node : graph.nodes) {
    if (ir::IsConvolution(*node.op) || node.op->kind == ir::OpKind::kWindow) dense.clear();
    const bool on_images = node.op->form == &ir::kMatrixProductForm && graph.type(node.outputs[0]).rank() > 2;
    if (on_images && dense.empty() && !node.locations.empty()) dense = node.locations.back().layer;
  }
  return dense;
}

class TrainingBuilder {
 public:
  TrainingBuilder(const CompileOptions& options, const Place& place, const std::vector<ModelOutput>& outputs,
                  Mistakes& mistakes, ir::Graph& graph)
      : options_(options), place_(place), outputs_(outputs), mistakes_(mistakes), graph_(graph) {}

  void Run() {
    graph_.training = {{}, options_.optimizer.name, {}, {place_.file, place_.line, ""}};
    CheckNames("loss", options_.loss.named, [](const auto& row) { return row.output; });
    CheckNames("metrics", options_.metrics.named, [](const auto& row) { return row.output; });
    CheckNames("loss_weights", options_.loss_weights, [](const auto& row) { return row.name; });
    for (const ModelOutput& output : outputs_) AddObjective(output);
    for (const ir::Objective& objective : graph_.training.objectives) CheckInputNames(objective);
    if (const ir::Optimizer* optimizer = ir::FindOptimizer(options_.optimizer.name); optimizer != nullptr) {
      graph_.training.optimizer_arguments =
          ArgumentsOf(optimizer->name, optimizer->arguments, options_.optimizer.arguments);
      const bool is_complete = std::all_of(outputs_.begin(), outputs_.end(),
                                           [](const ModelOutput& output) { return output.symbol.known(); });
      AddOptimizerOptions(options_.optimizer, place_, is_complete, mistakes_, graph_);
    } else {
      Mistake(Unknown("optimizer", options_.optimizer.name, NamesOf(ir::AllOptimizers())));
    }
  }

 private:
  void Mistake(absl::string_view sentence) { mistakes_.Add(place_, "compile", sentence); }

  // " of <output>" if the model has several outputs, otherwise nothing.
  std::string OutputSuffix(const ModelOutput& output) const {
    return outputs_.size() > 1 ? absl::StrCat(" of ", output.name) : std::string();
  }

  template <typename Rows, typename NameOf>
  void CheckNames(absl::string_view argument, const Rows& rows, const NameOf& name_of) {
    std::vector<absl::string_view> known;
    for (const ModelOutput& output : outputs_) known.push_back(output.name);
    std::vector<std::string> seen;
    for (const auto& row : rows) {
      const std::string name = name_of(row);
      if (std::find(known.begin(), known.end(), name) == known.end())
        Mistake(absl::StrCat(argument, ": there is no output ", Quoted(name), "; the model's are ", OneOf(known)));
      else if (std::find(seen.begin(), seen.end(), name) != seen.end())
        Mistake(absl::StrCat(argument, ": the output ", name, " is named twice"));
      seen.push_back(name);
    }
  }

  // The value for this output, or the one for all outputs.  Null if there are values for other outputs only.
  template <typename T>
  static const T* ValueFor(const OfOutputs<T>& all, const std::string& output) {
    for (const auto& row : all.named) {
      if (row.output == output) return &row.value;
    }
    return all.named.empty() ? &all.all : nullptr;
  }

  void AddObjective(const ModelOutput& output) {
    const Loss* const given = ValueFor(options_.loss, output.name);
    if (given == nullptr) return Mistake(absl::StrCat("no loss is given for the output ", output.name));
    if (given->name.empty())
      return Mistake(absl::StrCat("a loss must be given; known are ", OneOf(NamesOf(ir::AllLosses()))));
    const ir::Loss* const loss = ir::FindLoss(given->name);
    if (loss == nullptr) Mistake(Unknown("loss", given->name, NamesOf(ir::AllLosses())));
    ir::Objective objective;
    objective.output = output.name;
    objective.loss = loss == nullptr ? given->name : loss->name;
    if (loss != nullptr) objective.arguments = ArgumentsOf(loss->name, loss->arguments, given->arguments);
    objective.weight = WeightOf(output);
    if (const MetricList* metrics = ValueFor(options_.metrics, output.name); metrics != nullptr) {
      for (const Metric& metric : *metrics) {
        for (const Metric& one : ForEachValue(metric)) AddMetric(one, loss, output, objective);
      }
    }
    if (loss != nullptr && output.symbol.known()) CheckOutput(*loss, objective, output);
    graph_.training.objectives.push_back(std::move(objective));
  }

  double WeightOf(const ModelOutput& output) {
    const auto row = std::find_if(options_.loss_weights.begin(), options_.loss_weights.end(),
                                  [&](const NamedNumber& weight) { return weight.name == output.name; });
    if (row == options_.loss_weights.end()) return 1;
    if (!ir::Range().Contains(row->value.value()))
      Mistake(absl::StrCat("loss_weights: ", output.name, " must be finite, got ", row->value.value()));
    return row->value.value();
  }

  // The number as a value of the kind of `example`, if it is one.
  static ir::AttributeValue ValueLike(const ir::AttributeValue& example, double number) {
    if (std::holds_alternative<bool>(example)) return number != 0;
    const bool is_whole = number == std::floor(number) && std::abs(number) < 0x1p63;
    if (std::holds_alternative<int64_t>(example) && is_whole) return static_cast<int64_t>(number);
    return number;
  }

  // An illegal value is as if it were not given.
  ir::Attributes ArgumentsOf(absl::string_view taker, const std::vector<ir::Argument>& rows, const Numbers& given) {
    ir::Attributes arguments;
    for (const ir::Argument& row : rows) {
      if (!row.optional) arguments.Set(row.name, row.default_value);
    }
    for (const NamedNumber& number : given) {
      const ir::Argument* const row = ir::FindArgument(rows, number.name);
      if (row == nullptr) {
        Mistake(absl::StrCat(taker, " takes no ", Quoted(number.name)));
        continue;
      }
      const ir::AttributeValue value = ValueLike(row->default_value, number.value.value());
      if (const std::string fault = ir::ArgumentFault(*row, value); !fault.empty())
        Mistake(fault);
      else
        arguments.Set(row->name, value);
    }
    return arguments;
  }

  // AddLoss will add inputs of these names, which must therefore be free.
  void CheckInputNames(const ir::Objective& objective) {
    for (const absl::string_view quantity : {"label", "sample_weight", "loss_weight"}) {
      const std::string name = ir::QuantityName(graph_.training, objective, quantity);
      if (graph_.FindValue(name) != ir::kNoValue)
        Mistake(absl::StrCat("the ", quantity, " of ", objective.output, " must be called ", name,
                             ", but this name is taken"));
    }
  }

  // The metric, or, if an argument is given several times, a metric for each of its values, with the value in its name.
  static MetricList ForEachValue(const Metric& given) {
    MetricList metrics;
    Metric once = given;
    once.arguments.clear();
    Numbers values;
    for (const NamedNumber& number : given.arguments) {
      const auto uses = std::count_if(given.arguments.begin(), given.arguments.end(),
                                      [&](const NamedNumber& other) { return other.name == number.name; });
      (uses > 1 ? values : once.arguments).push_back(number);
    }
    if (values.empty()) return {given};
    for (const NamedNumber& value : values) {
      metrics.push_back(once);
      metrics.back().arguments.push_back(value);
      metrics.back().name = absl::StrCat(given.name, "_", value.value.value());
    }
    return metrics;
  }

  void AddMetric(const Metric& given, const ir::Loss* loss, const ModelOutput& output, ir::Objective& objective) {
    const ir::Metric* const metric = ir::FindMetric(given.metric);
    if (metric == nullptr) return Mistake(Unknown("metric", given.metric, NamesOf(ir::AllMetrics())));
    if (loss != nullptr && !ir::MetricFault(*metric, *loss).empty()) Mistake(ir::MetricFault(*metric, *loss));
    ir::MetricUse use = {metric->name, ArgumentsOf(metric->name, metric->arguments, given.arguments), given.name};
    const auto is_taken = [&](const std::string& name) {
      return std::any_of(objective.metrics.begin(), objective.metrics.end(),
                         [&](const ir::MetricUse& other) { return other.name == name; });
    };
    for (int number = 1; given.automatic && is_taken(use.name); ++number)
      use.name = absl::StrCat(given.name, "_", number);
    if (!ir::IsName(use.name)) return Mistake(absl::StrCat("a metric cannot be named ", Quoted(use.name)));
    if (is_taken(use.name) || use.name == "loss")
      return Mistake(absl::StrCat("the metric ", use.name, " is named twice"));
    CheckMetric(*metric, use, output);
    objective.metrics.push_back(std::move(use));
  }

  // Checks what the metric wants of the output.
  void CheckMetric(const ir::Metric& metric, const ir::MetricUse& use, const ModelOutput& output) {
    if (!output.symbol.known()) return;
    const ir::Node* const producer = Producer(graph_, output.symbol.value);
    const std::string fault =
        ir::ProducerFault(metric.name, metric.activation, use.arguments, producer == nullptr ? nullptr : producer->op);
    if (!fault.empty()) Mistake(fault);
    const ir::Shape& shape = graph_.type(output.symbol.value).shape;
    if ((output.symbol.guessed >> (shape.size() - 1) & 1) != 0) return;
    const ir::Dim numbers = shape.size() > 1 ? shape.back() : 1;
    if (use.arguments.Has("class_id") && use.arguments.Int("class_id") >= numbers)
      Mistake(absl::StrCat(metric.name, ": class_id must be below the ", numbers, " numbers of the output, got ",
                           use.arguments.Int("class_id")));
    if (use.arguments.Has("top_k") && use.arguments.Int("top_k") > numbers)
      Mistake(absl::StrCat(metric.name, ": top_k must be at most the ", numbers, " numbers of the output, got ",
                           use.arguments.Int("top_k")));
  }

  // Whether a weight is frozen.  Then an output may have no trainable one: a model that is frozen as a whole has no
  // training step, but can be evaluated.
  bool HasFrozenWeights() const {
    return std::any_of(graph_.states.begin(), graph_.states.end(),
                       [](const ir::State& state) { return state.role == ir::Role::kFrozen; });
  }

  void CheckOutput(const ir::Loss& loss, const ir::Objective& objective, const ModelOutput& output) {
    const ir::Node* const producer = Producer(graph_, output.symbol.value);
    if ((!output.symbol.learned && !HasFrozenWeights()) || producer == nullptr) {
      return Mistake(absl::StrCat("there is nothing to train: no layer that the output", OutputSuffix(output),
                                  " depends on has trainable parameters"));
    }
    // The nodes of a graph from a file may have no locations.
    const ir::Location where =
        producer->locations.empty() ? ir::Location{place_.file, place_.line, "output"} : producer->locations.back();
    const auto mistake = [&](absl::string_view sentence) {
      mistakes_.Add(Place(where.file, where.line), where.layer, sentence);
    };
    if (const std::string fault = ShapeFault(loss, output); !fault.empty()) mistake(fault);
    const std::string fault = ir::ProducerFault(loss.name, loss.activation, objective.arguments, producer->op);
    if (!fault.empty()) mistake(fault);
  }

  std::string ShapeFault(const ir::Loss& loss, const ModelOutput& output) const {
    const ir::Type& type = graph_.type(output.symbol.value);
    if (!loss.has_classes()) return std::string(ir::LabelType(loss, type).status().message());
    if (type.shape.size() < 2)
      return absl::StrCat("output is ", ShapeText(type.shape), ", but the loss needs (n, …, classes)");
    // A loss takes classes at each pixel.  But a Flatten() is most often missing if there is one pixel, or if a dense
    // layer computes the classes.
    const bool has_one_pixel =
        std::all_of(type.shape.begin() + 1, type.shape.end() - 1, [](ir::Dim d) { return d == 1; });
    const std::string dense = DenseOnImages(graph_);
    if (type.shape.size() != 4 || (dense.empty() && !has_one_pixel) || output.symbol.guessed != 0) return "";
    ir::Shape labels = type.shape;
    if (loss.label_kind == ir::LabelKind::kClassNumber) labels.pop_back();
    return absl::StrCat("output is ", ShapeText(type.shape), ", labels are ", ShapeText(labels),
                        "; is a Flatten() missing", dense.empty() ? "" : " before ", dense,
                        "? For classes of pixels, end in a Conv2D");
  }

  const CompileOptions& options_;
  const Place& place_;
  const std::vector<ModelOutput>& outputs_;
  Mistakes& mistakes_;
  ir::Graph& graph_;
};

}  // namespace

void AddTraining(const CompileOptions& options, const Place& place, const std::vector<ModelOutput>& outputs,
                 Mistakes& mistakes, ir::Graph& graph) {
  TrainingBuilder(options, place, outputs, mistakes, graph).Run();
}

}  // namespace brine::internal
