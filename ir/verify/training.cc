// Checks the arguments of Compile() as strictly as the frontend does, so that a graph from a file is as safe as one
// from a model.
#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ir/losses.h"
#include "ir/metrics.h"
#include "ir/names.h"
#include "ir/optimizers.h"
#include "ir/verify/fault_list.h"

namespace brine::ir {
namespace {

template <typename Row>
std::string UnknownName(absl::string_view what, absl::string_view name, absl::Span<const Row> rows) {
  std::vector<absl::string_view> known;
  for (const Row& row : rows) known.push_back(row.name);
  return absl::StrCat("unknown ", what, " \"", Excerpt(name), "\"", DidYouMean(name, known));
}

class TrainingChecker {
 public:
  TrainingChecker(const Graph& graph, FaultList& faults) : graph_(graph), training_(graph.training), faults_(faults) {}

  void Run() {
    const Site site = SiteOf(training_);
    if (graph_.stage > Stage::kTrain)
      faults_.Add(site, Part::kLine, 0, "compile is legal at stages graph and train only");
    if (training_.objectives.empty()) faults_.Add(site, Part::kLine, 0, "no output has a loss");
    const Optimizer* const optimizer = FindOptimizer(training_.optimizer);
    if (optimizer == nullptr)
      faults_.Add(site, Part::kName, 0, UnknownName("optimizer", training_.optimizer, AllOptimizers()));
    CheckArguments(site, training_.optimizer, optimizer == nullptr ? nullptr : &optimizer->arguments,
                   training_.optimizer_arguments);
    if (std::string conflict = ConflictOf(training_.optimizer_arguments); !conflict.empty())
      faults_.Add(site, Part::kName, 0, std::move(conflict));
    CheckMultipliers(site);
    for (const Objective& objective : training_.objectives) CheckObjective(objective);
  }

 private:
  // Checks the arguments of the loss, metric or optimizer `taker`.  `rows` is null if `taker` is unknown; then no
  // argument is known.  `add` takes a fault, and the index of the argument that it is about, or −1.
  template <typename Add>
  static void FindArgumentFaults(absl::string_view taker, const std::vector<Argument>* rows, const Attributes& given,
                                 const Add& add) {
    static const std::vector<Argument> kNone;
    int index = 0;
    for (const auto& [name, value] : given) {
      const Argument* const row = FindArgument(rows == nullptr ? kNone : *rows, name);
      std::string fault =
          row == nullptr ? absl::StrCat(Excerpt(taker), " takes no ", Excerpt(name)) : ArgumentFault(*row, value);
      if (!fault.empty()) add(index, std::move(fault));
      ++index;
    }
    for (const Argument& row : rows == nullptr ? kNone : *rows) {
      if (!row.optional && !given.Has(row.name)) add(-1, absl::StrCat(taker, " needs ", row.name));
    }
  }

  void CheckArguments(const Site& site, absl::string_view taker, const std::vector<Argument>* rows,
                      const Attributes& given) {
    FindArgumentFaults(taker, rows, given, [&](int index, std::string fault) {
      faults_.Add(site, index < 0 ? Part::kName : Part::kAttribute, std::max(index, 0), std::move(fault));
    });
  }

  void CheckMultipliers(const Site& site) {
    std::set<std::string> layers;
    int index = 0;
    for (const RateMultiplier& row : training_.learning_rate_multipliers) {
      const auto add = [&](const char* fault) {
        faults_.Add(site, Part::kInput, index, absl::StrCat("the multiplier of ", Excerpt(row.layer), fault));
      };
      const bool has_parameters = std::any_of(graph_.states.begin(), graph_.states.end(), [&](const State& state) {
        return state.role == Role::kParameter && absl::StartsWith(graph_.value(state.value).name, row.layer + "/");
      });
      if (!kAtLeastZero.Contains(row.factor)) add(" must be at least 0");
      if (!has_parameters) add(" is of no layer with trainable parameters");
      if (!layers.insert(row.layer).second) add(" is given twice");
      ++index;
    }
  }

  void CheckObjective(const Objective& objective) {
    const Site site = SiteOf(training_, objective);
    if (!outputs_.insert(objective.output).second)
      faults_.Add(site, Part::kInput, 0, absl::StrCat("output ", Excerpt(objective.output), " has two losses"));
    CheckOutput(site, objective);
    if (!std::isfinite(objective.weight))
      faults_.Add(site, Part::kNumber, 0, absl::StrCat("weight must be finite, got ", objective.weight));
    const Loss* const loss = FindLoss(objective.loss);
    if (loss == nullptr) faults_.Add(site, Part::kName, 0, UnknownName("loss", objective.loss, AllLosses()));
    CheckArguments(site, objective.loss, loss == nullptr ? nullptr : &loss->arguments, objective.arguments);
    CheckMetrics(site, objective, loss);
  }

  void CheckOutput(const Site& site, const Objective& objective) {
    if (graph_.stage != Stage::kGraph) return;  // the outputs of the model are gone after add-loss
    std::vector<absl::string_view> known;
    for (const Output& output : graph_.outputs) known.push_back(output.name);
    if (std::find(known.begin(), known.end(), objective.output) != known.end()) return;
    faults_.Add(
        site, Part::kInput, 0,
        absl::StrCat("the graph has no output ", Excerpt(objective.output), DidYouMean(objective.output, known)));
  }

  void CheckMetrics(const Site& site, const Objective& objective, const Loss* loss) {
    std::set<std::string> names;
    for (size_t index = 0; index < objective.metrics.size(); ++index) {
      const auto add = [&](std::string fault) {
        if (!fault.empty()) faults_.Add(site, Part::kOutput, static_cast<int>(index), std::move(fault));
      };
      const MetricUse& use = objective.metrics[index];
      const Metric* const metric = FindMetric(use.metric);
      if (metric == nullptr)
        add(UnknownName("metric", use.metric, AllMetrics()));
      else if (loss != nullptr)
        add(MetricFault(*metric, *loss));
      FindArgumentFaults(use.metric, metric == nullptr ? nullptr : &metric->arguments, use.arguments,
                         [&](int, std::string fault) { add(std::move(fault)); });
      if (!IsName(use.name)) add("a metric's name must be 1 to 256 of the characters A-Z a-z 0-9 _ . / : -");
      if (!names.insert(use.name).second) add(absl::StrCat("the metric ", Excerpt(use.name), " is named twice"));
    }
  }

  const Graph& graph_;
  const Training& training_;
  FaultList& faults_;
  std::set<std::string> outputs_;
};

}  // namespace

void FindTrainingFaults(const Graph& graph, FaultList& faults) {
  if (IsCompiled(graph.training)) TrainingChecker(graph, faults).Run();
}

}  // namespace brine::ir
