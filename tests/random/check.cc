#include "tests/random/check.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "codegen/driver/build_step.h"
#include "codegen/driver/compare.h"
#include "ir/draw.h"
#include "ir/optimizers.h"
#include "ir/proto/graph.pb.h"
#include "ir/proto/proto.h"
#include "ir/text/text.h"
#include "ir/training.h"
#include "ir/verify/verify.h"
#include "passes/check_gradients.h"
#include "passes/derive.h"

namespace brine {
namespace {

using ir::Graph;
using Tensors = ir::Tensors<double>;
using ir::Tensor;

constexpr int64_t kBatchSize = 4;
constexpr int64_t kRows = 3;
constexpr int64_t kClasses = 3;
constexpr int64_t kRowCounts[] = {3, kBatchSize, 1};  // of the batches, one after another
constexpr int kDraws = 16;
constexpr int kSamples = 3;           // the `samples` of CheckGradients
constexpr double kSame = 1e-12;       // the tolerance before and after one pass
constexpr double kSameInAll = 1e-11;  // the tolerance before and after all passes
constexpr uint64_t kSeed = 5;

Tensors Given(const Graph& graph) { return ir::DrawGiven<double>(graph, kRows, kClasses, kSeed); }

// The outputs, the penalties and the new contents of states, by name.
Tensors Observe(const Graph& graph) {
  const Tensors given = Given(graph), results = ir::Interpret(graph, given, kRows).value();
  const auto find = [&](ir::ValueId value) {
    const auto it = results.find(graph.value(value).name);
    return it != results.end() ? it->second : given.at(graph.value(value).name);
  };
  Tensors observed;
  for (const ir::Output& output : graph.outputs) observed["output " + output.name] = find(output.value);
  for (size_t index = 0; index < graph.penalties.size(); ++index)
    observed[absl::StrCat("penalty ", index)] = find(graph.penalties[index]);
  for (const ir::Update& update : graph.updates)
    observed["state " + graph.value(update.state).name] = find(update.value);
  return observed;
}

// A description of the first tensor of `expected` that `actual` lacks, or that differs there by more than the
// tolerance, relative to the largest magnitude in the tensor or to 1; empty if there is none.
std::string Difference(const Tensors& expected, const Tensors& actual, double tolerance = kSame) {
  for (const auto& [name, tensor] : expected) {
    const auto it = actual.find(name);
    if (it == actual.end()) return absl::StrCat(name, " is gone");
    const Tensor<double>& other = it->second;
    if (tensor.dims != other.dims || tensor.integers != other.integers || tensor.real.size() != other.real.size())
      return absl::StrCat(name, " differs");
    double scale = 1, worst = 0;
    for (double element : tensor.real) scale = std::max(scale, std::abs(element));
    for (size_t element = 0; element < tensor.real.size(); ++element) {
      const double difference = std::abs(tensor.real[element] - other.real[element]);
      worst = std::isfinite(difference) ? std::max(worst, difference) : INFINITY;
    }
    if (worst > tolerance * scale) return absl::StrCat(name, " differs by ", worst);
  }
  return "";
}

// Why text or protobuf does not give back the same graph, in a few words; empty if both do.
std::string RoundTrip(const Graph& graph) {
  const std::string text = ir::Print(graph);
  const absl::StatusOr<std::vector<Graph>> parsed = ir::Parse(text, "text");
  if (!parsed.ok()) return std::string(parsed.status().message());
  if (ir::Print(parsed->front()) != text) return "text changes when it is read back";
  ir::proto::Module module, copy;
  ir::ToProto({graph}, module);
  if (!copy.ParseFromString(module.SerializeAsString())) return "protobuf does not read what it wrote";
  const absl::StatusOr<std::vector<Graph>> read = ir::FromProto(copy);
  if (!read.ok()) return std::string(read.status().message());
  if (ir::Print(read->front()) != text) return "protobuf gives back another graph";
  return "";
}

// ---- Formulas that are computed without a graph

// Losses that are the mean of a function of an output y and its label t.
double LossOfElement(const ir::Objective& objective, double y, double t) {
  constexpr double kEpsilon = 1e-7;
  const double error = y - t, size = std::abs(error);
  const double margin = std::max(1 - (t == 0 ? -1 : t) * y, 0.0);
  if (objective.loss == "mean_squared_error") return error * error;
  if (objective.loss == "mean_absolute_error") return size;
  if (objective.loss == "mean_absolute_percentage_error") return 100 * size / std::max(std::abs(t), kEpsilon);
  if (objective.loss == "mean_squared_logarithmic_error")
    return std::pow(std::log1p(std::max(y, kEpsilon)) - std::log1p(std::max(t, kEpsilon)), 2);
  if (objective.loss == "log_cosh") return std::log(std::cosh(error));
  if (objective.loss == "hinge") return margin;
  if (objective.loss == "squared_hinge") return margin * margin;
  if (objective.loss == "poisson") return y - t * std::log(y + kEpsilon);
  if (objective.loss == "binary_crossentropy" && objective.arguments.Bool("from_logits"))
    return std::log(1 + std::exp(y)) - t * y;
  if (objective.loss == "binary_crossentropy") return -t * std::log(y) - (1 - t) * std::log(1 - y);
  if (objective.loss == "kl_divergence") return kClasses * std::max(t, kEpsilon) * std::log(std::max(t, kEpsilon) / y);
  if (objective.loss != "huber") return NAN;
  const double delta = objective.arguments.Float("delta");
  return size <= delta ? size * size / 2 : delta * (size - delta / 2);
}

// The largest y of a class that is not the label's, minus that of the label, plus 1; at least 0.
double HingeOfRow(const double* y, const double* t) {
  double right = 0, others = 0;
  for (size_t index = 0; index < kClasses; ++index) {
    right += t[index] * y[index];
    others = std::max(others, (1 - t[index]) * y[index]);
  }
  return std::max(others - right + 1, 0.0);
}

double CosineOfRow(const double* y, const double* t) {
  double product = 0, squares_of_y = 0, squares_of_t = 0;
  for (size_t index = 0; index < kClasses; ++index) {
    product += y[index] * t[index];
    squares_of_y += y[index] * y[index];
    squares_of_t += t[index] * t[index];
  }
  return product / std::sqrt(squares_of_y * squares_of_t);
}

// The loss of an objective that is not the cross-entropy of classes.
double LossOfNumbers(const ir::Objective& objective, const Tensor<double>& output, const Tensor<double>& label) {
  const bool is_cosine = objective.loss == "cosine_similarity", is_of_rows = objective.loss == "categorical_hinge";
  double loss = 0;
  for (size_t row = 0; row < kRows; ++row) {
    const double *y = &output.real[row * kClasses], *t = &label.real[row * kClasses];
    if (is_cosine) loss -= CosineOfRow(y, t) / kRows;
    if (is_of_rows) loss += HingeOfRow(y, t) / kRows;
    for (size_t index = 0; index < kClasses && !is_cosine && !is_of_rows; ++index)
      loss += LossOfElement(objective, y[index], t[index]) / (kRows * kClasses);
  }
  return loss;
}

// The loss, for the cross-entropy of classes −Σ label·ln(softmax(z)) / rows, and the accuracy if labels are classes:
// the share of rows whose largest z is that of the label.
Tensors LossOf(const ir::Objective& objective, const Tensor<double>& output, const Tensor<double>& label) {
  const bool logits = objective.arguments.Has("from_logits") && objective.arguments.Bool("from_logits");
  double loss = 0, right = 0;
  for (size_t row = 0; row < kRows; ++row) {
    std::vector<double> z(output.real.begin() + static_cast<int>(row) * kClasses,
                          output.real.begin() + static_cast<int>(row + 1) * kClasses);
    size_t truth = 0;
    for (size_t index = 0; index < kClasses; ++index) {
      if (label.real.empty() ? label.integers[row] == static_cast<int64_t>(index)
                             : label.real[row * kClasses + index] == 1)
        truth = index;
    }
    double sum = 0;
    for (double element : z) sum += logits ? std::exp(element) : element;
    loss -= (logits ? z[truth] : std::log(z[truth])) - std::log(sum);
    right += static_cast<size_t>(std::max_element(z.begin(), z.end()) - z.begin()) == truth;
  }
  Tensors result;
  const bool is_of_classes = absl::EndsWith(objective.loss, "categorical_crossentropy");
  result["loss"].real = {is_of_classes ? loss / kRows : LossOfNumbers(objective, output, label)};
  if (!objective.metrics.empty() && objective.metrics[0].name == "accuracy") result["accuracy"].real = {right / kRows};
  return result;
}

// The losses and accuracies of all outputs of the model, and the weighted sum of the losses.
Tensors LossesOf(const ir::Training& training, const Tensors& observed, const Tensors& given) {
  Tensors results;
  double sum = 0;
  for (const ir::Objective& objective : training.objectives) {
    const std::string label = ir::QuantityName(training, objective, "label");
    const Tensors of_output = LossOf(objective, observed.at("output " + objective.output), given.at(label));
    for (const auto& [quantity, tensor] : of_output)
      results["output " + ir::QuantityName(training, objective, quantity)] = tensor;
    sum += objective.weight * of_output.at("loss").real[0];
  }
  results["output loss"].real = {sum};
  return results;
}

constexpr int kStep = 4;  // DrawGiven draws the inputs of the fourth step

double Moved(double average, double beta, double next) { return beta * average + (1 - beta) * next; }

// What Keras's formulas subtract from one element of a parameter.  `slot` returns the element of a slot, which is
// updated.
template <typename Argument, typename Slot>
double StepOf(const std::string& optimizer, double rate, double g, const Argument& argument, const Slot& slot) {
  const auto moved = [&](const char* name, const char* beta, double next) {
    return slot(name) = Moved(slot(name), argument(beta), next);
  };
  if (optimizer == "sgd" && argument("momentum") == 0) return rate * g;
  if (optimizer == "sgd") {
    const double v = slot("momentum") = argument("momentum") * slot("momentum") - rate * g;
    return argument("nesterov") != 0 ? rate * g - argument("momentum") * v : -v;
  }
  if (optimizer == "lion") {
    const double direction = Moved(slot("momentum"), argument("beta_1"), g);
    moved("momentum", "beta_2", g);
    return rate * (direction > 0 ? 1 : direction < 0 ? -1 : 0);
  }
  const double epsilon = argument("epsilon");
  if (optimizer == "adagrad") return rate * g / std::sqrt((slot("accumulator") += g * g) + epsilon);
  if (optimizer == "adadelta") {
    const double squares = moved("accumulated_grad", "rho", g * g);
    const double step = std::sqrt(slot("accumulated_delta_var") + epsilon) / std::sqrt(squares + epsilon) * g;
    moved("accumulated_delta_var", "rho", step * step);
    return rate * step;
  }
  if (optimizer == "rmsprop") {
    double variance = moved("velocity", "rho", g * g);
    if (argument("centered") != 0)
      variance = std::max(variance - std::pow(moved("average_gradient", "rho", g), 2), 0.0);
    const double step = rate * g / std::sqrt(variance + epsilon);
    return argument("momentum") == 0 ? step : slot("momentum") = argument("momentum") * slot("momentum") + step;
  }
  const double beta_1 = argument("beta_1"), beta_2 = argument("beta_2");
  const double m = moved("momentum", "beta_1", g), first = 1 - std::pow(beta_1, kStep);
  if (optimizer == "adamax") {
    const double norm = slot("norm") = std::max(beta_2 * slot("norm"), std::abs(g));
    return rate * m / (first * (norm + epsilon));
  }
  const double root = std::sqrt(1 - std::pow(beta_2, kStep));
  double v = moved("velocity", "beta_2", g * g);
  if (optimizer == "nadam") {
    const auto u = [&](int t) { return beta_1 * (1 - 0.5 * std::pow(0.96, t)); };
    const double product = u(1) * u(2) * u(3) * u(4), now = u(kStep), next = u(kStep + 1);
    const double mixed = next * m / (1 - product * next) + (1 - now) * g / (1 - product);
    return rate * mixed / (std::sqrt(v) / root + epsilon);
  }
  if (argument("amsgrad") != 0) v = slot("velocity_hat") = std::max(slot("velocity_hat"), v);
  return rate * root / first * m / (std::sqrt(v) + epsilon);
}

// Clips the gradients by Keras's formulas.
void Clip(const std::function<double(const char*)>& argument, std::map<std::string, std::vector<double>>& gradients) {
  const double by_value = argument("clipvalue"), by_norm = argument("clipnorm"), global = argument("global_clipnorm");
  double total = 0;
  for (auto& [name, g] : gradients) {
    double squares = 0;
    for (double element : g) squares += element * element;
    total += squares;
    for (double& element : g) {
      if (by_value > 0) element = std::clamp(element, -by_value, by_value);
      if (by_norm > 0) element *= by_norm / std::max(std::sqrt(squares), by_norm);
    }
  }
  for (auto& [name, g] : gradients) {
    for (double& element : g) element *= global > 0 ? global / std::max(std::sqrt(total), global) : 1;
  }
}

// The updates by Keras's formulas.  `outputs` has the outputs "<parameter>.grad".
Tensors UpdatesOf(const ir::Training& training, const Graph& graph, const Tensors& given, const Tensors& outputs) {
  const auto argument = [&](const char* name) {
    const ir::Optimizer& optimizer = *ir::FindOptimizer(training.optimizer);
    const ir::AttributeValue value = ir::ArgumentOf(optimizer, training.optimizer_arguments, name);
    return std::holds_alternative<bool>(value) ? std::get<bool>(value) : std::get<double>(value);
  };
  // The generator's only schedule is 0.1 / √t.
  const bool is_scheduled = graph.FindInput(graph.FindValue("learning_rate"))->source == ir::Source::kExpression;
  const double rate = is_scheduled ? 0.1 / std::sqrt(kStep) : argument("learning_rate");
  std::map<std::string, std::vector<double>> gradients;
  for (const ir::State& state : graph.states) {
    const std::string& name = graph.value(state.value).name;
    if (state.role == ir::Role::kParameter) gradients[name] = outputs.at(absl::StrCat("output ", name, ".grad")).real;
  }
  Clip(argument, gradients);
  Tensors result;
  for (const auto& [name, g] : gradients) {
    const bool decays =
        std::none_of(training.exclude_from_weight_decay.begin(), training.exclude_from_weight_decay.end(),
                     [&name = name](const std::string& part) { return absl::StrContains(name, part); });
    Tensor<double>& p = result["state " + name] = given.at(name);
    for (size_t element = 0; element < g.size(); ++element) {
      const auto slot = [&, &name = name](const char* kind) -> double& {
        const std::string state = absl::StrCat("optimizer/", kind, "/", name);
        return result.try_emplace("state " + state, given.at(state)).first->second.real[element];
      };
      if (decays) p.real[element] *= 1 - argument("weight_decay") * rate;
      p.real[element] -= StepOf(training.optimizer, rate, g[element], argument, slot);
    }
    if (argument("use_ema") == 0) continue;
    Tensor<double>& average = result["state average/" + name] = given.at("average/" + name);
    for (size_t element = 0; element < g.size(); ++element)
      average.real[element] = Moved(average.real[element], argument("ema_momentum"), p.real[element]);
  }
  return result;
}

// ---- Passes

// Compares the graph after a pass with the graph before it.
std::optional<Fault> CheckPass(const ir::Training& training, const std::string& pass, const Graph& before,
                               const Graph& after) {
  if (const absl::Status status = ir::Verify(after); !status.ok())
    return Fault{Check::kVerifier, std::string(status.message())};
  if (const std::string fault = RoundTrip(after); !fault.empty()) return Fault{Check::kRoundTrip, fault};
  const Tensors was = Observe(before), is = Observe(after);
  if (pass == "add-loss") {
    Tensors expected = LossesOf(training, was, Given(after));
    for (size_t index = 0; index < before.penalties.size(); ++index)
      expected["output loss"].real[0] += was.at(absl::StrCat("penalty ", index)).real[0];
    Tensors numbers;
    for (const auto& [name, tensor] : expected) numbers[name].real = is.at(name).real;
    const std::string difference = Difference(expected, numbers);
    if (!difference.empty()) return Fault{Check::kLoss, difference};
    return std::nullopt;
  }
  // add-optimizer removes the outputs with the gradients.
  Tensors kept = was;
  if (pass == "add-optimizer")
    std::erase_if(kept, [](const auto& item) { return absl::EndsWith(item.first, ".grad"); });
  if (const std::string difference = Difference(kept, is); !difference.empty())
    return Fault{Check::kMeaning, difference};
  if (pass == "autodiff") {
    const absl::StatusOr<passes::GradientCheck> check = passes::CheckGradients(after, Given(after), kRows, kSamples);
    if (!check.ok()) return Fault{Check::kGradients, std::string(check.status().message())};
    if (!check->ok())
      return Fault{Check::kGradients, absl::StrCat(check->where, " is off by ", check->worst, "; ", check->compared,
                                                   " directions, ", check->on_a_kink, " on a kink")};
  }
  if (pass == "add-optimizer") {
    const std::string difference = Difference(UpdatesOf(training, after, Given(after), was), is);
    if (!difference.empty()) return Fault{Check::kUpdates, difference};
  }
  return std::nullopt;
}

// Compares the graph of a way to compile a model with that of the passes without which there is no training step.
std::optional<Fault> CheckMeaning(const Graph& derived, const Graph& planned) {
  Graph bare = derived;
  passes::PipelineOptions options;
  options.only = {"specialize", "add-loss", "autodiff", "add-optimizer"};
  if (const auto changed = passes::RunPipeline(bare, options); !changed.ok())
    return Fault{Check::kPass, std::string(changed.status().message())};
  const std::string difference = Difference(Observe(bare), Observe(planned), kSameInAll);
  return difference.empty() ? std::nullopt : std::optional(Fault{Check::kMeaning, difference});
}

Fault Located(Fault fault, const std::string& place, const Graph& graph) {
  return {fault.check, absl::StrCat(place, ": ", fault.what, "\n", ir::Print(graph))};
}

// ---- Steps

absl::StatusOr<codegen::CompiledStep> Build(Graph graph, const StepOptions& options, const Bug& bug, bool planned) {
  if (bug.after == (planned ? "memory" : "kernels")) bug.plant(graph);
  codegen::BuildOptions build;
  build.cache_folder = options.cache_folder.empty() ? BRINE_BINARY_DIR "/cache" : options.cache_folder;
  build.asserts = options.asserts;
  build.use_placements = planned;
  return codegen::BuildStep(graph, build);
}

// Runs the first step, which is compared with the interpreter later, with the numbers of one draw.  The first draw of
// each number of rows is also run by the second step, on each of these numbers of threads.
std::optional<Fault> CheckDraw(const Graph& graph, codegen::CompiledStep& unplanned, codegen::CompiledStep& planned,
                               int draw, const std::vector<int>& threads, codegen::StepComparison& comparison) {
  const int64_t rows = kRowCounts[static_cast<size_t>(draw) % std::size(kRowCounts)];
  const ir::Tensors<float> given = ir::DrawGiven<float>(graph, rows, kClasses, kSeed + static_cast<uint64_t>(draw));
  const absl::StatusOr<ir::Tensors<float>> results = unplanned.Run(given, rows);
  if (!results.ok()) return Fault{Check::kKernels, std::string(results.status().message())};
  if (const absl::Status status = comparison.Add(given, *results, rows); !status.ok())
    return Fault{Check::kKernels, std::string(status.message())};
  for (int count : draw < static_cast<int>(std::size(kRowCounts)) ? threads : std::vector<int>()) {
    const absl::StatusOr<ir::Tensors<float>> again = planned.Run(given, rows, count);
    if (!again.ok()) return Fault{Check::kMemory, std::string(again.status().message())};
    const std::string difference = codegen::FirstDifference(*results, *again);
    if (!difference.empty())
      return Fault{count == 1 ? Check::kMemory : Check::kThreads,
                   absl::StrCat(difference, " differs on ", count, " threads, n = ", rows)};
  }
  return std::nullopt;
}

}  // namespace

const char* Name(Check check) {
  static const char* const kNames[] = {"pass",      "verifier", "round trip", "meaning", "loss",
                                       "gradients", "updates",  "kernels",    "memory",  "threads"};
  return kNames[static_cast<size_t>(check)];
}

std::optional<Fault> CheckPasses(const Graph& model, Graph& planned, const Bug& bug) {
  Graph& graph = planned;
  absl::StatusOr<Graph> derived = passes::Derive(model, ir::Function::kTrain, kBatchSize);
  if (!derived.ok()) return Fault{Check::kPass, std::string(derived.status().message())};
  graph = *std::move(derived);
  for (const passes::Pass& pass : passes::AllPasses()) {
    const Graph before = graph;
    passes::PipelineOptions options;
    options.only = {pass.name};
    const absl::StatusOr<bool> changed = passes::RunPipeline(graph, options);
    if (!changed.ok()) return Located({Check::kPass, std::string(changed.status().message())}, pass.name, before);
    if (bug.after == pass.name && !bug.plant(graph)) return std::nullopt;
    if (std::optional<Fault> fault = CheckPass(model.training, pass.name, before, graph))
      return Located(*fault, pass.name, graph);
  }
  return std::nullopt;
}

std::optional<Fault> CheckStep(const Graph& model, const StepOptions& options, const Bug& bug) {
  const absl::StatusOr<Graph> derived = passes::Derive(model, ir::Function::kTrain, kBatchSize);
  if (!derived.ok()) return Fault{Check::kPass, std::string(derived.status().message())};
  Graph graph = *derived;
  const absl::StatusOr<bool> changed = passes::RunPipeline(graph, options.pipeline);
  if (!changed.ok()) return Fault{Check::kPass, std::string(changed.status().message())};
  if (const std::optional<Fault> wrong = CheckMeaning(*derived, graph)) return Located(*wrong, options.name, graph);
  absl::StatusOr<codegen::CompiledStep> unplanned = Build(graph, options, bug, /*planned=*/false),
                                        planned = Build(graph, options, bug, /*planned=*/true);
  if (!unplanned.ok())
    return Located({Check::kKernels, std::string(unplanned.status().message())}, options.name, graph);
  if (!planned.ok()) return Located({Check::kMemory, std::string(planned.status().message())}, options.name, graph);
  codegen::StepComparison comparison(graph);
  std::optional<Fault> fault;
  for (int draw = 0; draw < kDraws; ++draw) {
    const std::optional<Fault> drawn = CheckDraw(graph, *unplanned, *planned, draw, options.threads, comparison);
    if (drawn.has_value() && !fault.has_value()) fault = drawn;
  }
  // A kernel that computes something wrong is reported first, since it is the reason for other differences.
  if (const std::string wrong = comparison.FirstFault(); !wrong.empty()) fault = Fault{Check::kKernels, wrong};
  return fault.has_value() ? std::optional(Located(*fault, options.name, graph)) : std::nullopt;
}

}  // namespace brine
