#include "frontend/training.h"

#include <algorithm>
#include <cfloat>

#include "absl/strings/str_cat.h"

namespace brine::internal {
namespace {

constexpr absl::string_view kLosses[] = {"categorical_crossentropy", "sparse_categorical_crossentropy"};
constexpr absl::string_view kMetrics[] = {"accuracy"};
constexpr absl::string_view kOptimizers[] = {"adam", "sgd"};

template <size_t size>
bool Contains(const absl::string_view (&names)[size], absl::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

struct Argument {
  const char* name;
  double value;
  bool legal;  // NaN is not: comparisons with it are false
  const char* rule;
};

ir::Attributes OptimizerArguments(const Optimizer& optimizer, const std::function<void(std::string)>& mistake) {
  std::vector<Argument> arguments;
  ir::Attributes result;
  if (optimizer.name == "adam") {
    const double rate = optimizer.adam.learning_rate.value(), epsilon = optimizer.adam.epsilon.value();
    const double beta_1 = optimizer.adam.beta_1.value(), beta_2 = optimizer.adam.beta_2.value();
    arguments = {{"learning_rate", rate, rate > 0 && rate <= FLT_MAX, "positive"},
                 {"beta_1", beta_1, beta_1 >= 0 && beta_1 < 1, "at least 0 and below 1"},
                 {"beta_2", beta_2, beta_2 >= 0 && beta_2 < 1, "at least 0 and below 1"},
                 {"epsilon", epsilon, epsilon > 0 && epsilon <= FLT_MAX, "positive"}};
  } else {
    const double rate = optimizer.sgd.learning_rate.value(), momentum = optimizer.sgd.momentum.value();
    arguments = {{"learning_rate", rate, rate > 0 && rate <= FLT_MAX, "positive"},
                 {"momentum", momentum, momentum >= 0 && momentum <= 1, "between 0 and 1"}};
    result.Set("nesterov", optimizer.sgd.nesterov);
  }
  for (const Argument& argument : arguments) {
    if (!argument.legal) mistake(absl::StrCat(argument.name, " must be ", argument.rule, ", got ", argument.value));
    result.Set(argument.name, argument.value);
  }
  return result;
}

const ir::Node* Producer(const ir::Graph& graph, ir::ValueId value) {
  for (const ir::Node& node : graph.nodes) {
    if (std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end()) return &node;
  }
  return nullptr;
}

// The first dense layer that works on pictures after the last layer that has to.
std::string DenseOnPictures(const ir::Graph& graph) {
  std::string dense;
  for (const ir::Layer& layer : graph.layers) {
    if (layer.kind == "Conv2D" || layer.kind == "MaxPooling2D" || layer.kind == "AveragePooling2D") dense.clear();
    if (layer.kind == "Dense" && layer.output.rank() > 2 && dense.empty()) dense = layer.name;
  }
  return dense;
}

void CheckOutput(const ir::Training& training, const Symbol& output, const Place& place, Mistakes& mistakes,
                 const ir::Graph& graph) {
  const ir::Node* producer = Producer(graph, output.value);
  if (!output.learned || producer == nullptr) {
    mistakes.Add(place, "compile",
                 "there is nothing to train: no layer that the output depends on has trainable parameters");
    return;
  }
  // A graph from a file may know no line.
  const ir::Location where =
      producer->locations.empty() ? ir::Location{place.file, place.line, "output"} : producer->locations.back();
  const Place output_place(where.file, where.line);
  const ir::Shape& shape = graph.type(output.value).shape;
  if (shape.size() < 2) {
    mistakes.Add(output_place, where.layer,
                 absl::StrCat("output is ", InWords(shape), ", but the loss needs (n, classes)"));
  } else if (shape.size() > 2 && output.guessed == 0) {
    ir::Shape labels = {ir::kBatch};
    if (training.loss == "categorical_crossentropy") labels.push_back(shape.back());
    const std::string dense = DenseOnPictures(graph);
    mistakes.Add(output_place, where.layer,
                 absl::StrCat("output is ", InWords(shape), ", labels are ", InWords(labels),
                              "; is a Flatten() missing", dense.empty() ? "" : " before ", dense, "?"));
  }
  const bool softmax = producer->op == &ir::kSoftmax;
  if (!softmax && !training.from_logits) {
    mistakes.Add(
        output_place, where.layer,
        absl::StrCat(
            training.loss,
            " takes probabilities, but the output is not a softmax; add activation softmax, or set from_logits"));
  } else if (softmax && training.from_logits) {
    mistakes.Add(output_place, where.layer,
                 absl::StrCat(training.loss,
                              " with from_logits takes logits, but the output is a softmax; remove one of the two"));
  }
}

}  // namespace

void AddTraining(const CompileOptions& options, const Place& place, const Symbol& output, Mistakes& mistakes,
                 ir::Graph& graph) {
  const auto mistake = [&](const std::string& sentence) { mistakes.Add(place, "compile", sentence); };
  ir::Training& training = graph.training;
  training = {options.loss.name, options.loss.from_logits,    options.optimizer.name, {},
              options.metrics,   {place.file, place.line, ""}};

  const bool loss_known = Contains(kLosses, options.loss.name);
  if (options.loss.name.empty())
    mistake(absl::StrCat("a loss must be given; known are ", OneOf(kLosses)));
  else if (!loss_known)
    mistake(absl::StrCat("unknown loss ", Quoted(options.loss.name), "; known are ", OneOf(kLosses)));
  if (Contains(kOptimizers, options.optimizer.name))
    training.optimizer_arguments = OptimizerArguments(options.optimizer, mistake);
  else
    mistake(absl::StrCat("unknown optimizer ", Quoted(options.optimizer.name), "; known are ", OneOf(kOptimizers)));
  for (size_t i = 0; i < options.metrics.size(); ++i) {
    const std::string& metric = options.metrics[i];
    if (!Contains(kMetrics, metric))
      mistake(absl::StrCat("unknown metric ", Quoted(metric), "; known are ", OneOf(kMetrics)));
    if (std::count(options.metrics.begin(), options.metrics.begin() + static_cast<int>(i), metric) == 1) {
      mistake(absl::StrCat("the metric ", metric, " is named twice"));
    }
  }
  if (loss_known && output.known()) CheckOutput(training, output, place, mistakes, graph);
}

}  // namespace brine::internal
