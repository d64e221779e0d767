#include "frontend/optimizer.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ir/arguments.h"
#include "ir/expression.h"
#include "ir/names.h"
#include "ir/optimizers.h"

namespace brine::internal {
namespace {

class OptionsAdder {
 public:
  OptionsAdder(const Optimizer& optimizer, const Place& place, bool is_complete, Mistakes& mistakes, ir::Graph& graph)
      : optimizer_(optimizer), place_(place), is_complete_(is_complete), mistakes_(mistakes), graph_(graph) {}

  void Run() {
    if (const std::string conflict = ir::ConflictOf(graph_.training.optimizer_arguments); !conflict.empty())
      Mistake(conflict);
    for (const NamedNumber& row : optimizer_.learning_rate_multipliers) AddMultiplier(row.name, row.value.value());
    for (const std::string& part : optimizer_.exclude_from_weight_decay) AddExclusion(part);
    DropSchedule();
    if (optimizer_.schedule) AddSchedule(*optimizer_.schedule);
  }

 private:
  void Mistake(absl::string_view sentence) { mistakes_.Add(place_, "compile", sentence); }

  // Whether a name of a trained parameter satisfies the condition.
  template <typename Condition>
  bool HasParameter(const Condition& condition) const {
    return std::any_of(graph_.states.begin(), graph_.states.end(), [&](const ir::State& state) {
      return state.role == ir::Role::kParameter && condition(graph_.value(state.value).name);
    });
  }

  void AddMultiplier(const std::string& layer, double factor) {
    constexpr absl::string_view kArgument = "learning_rate_multipliers: ";
    if (!ir::kAtLeastZero.Contains(factor))
      Mistake(absl::StrCat(kArgument, "the factor of ", layer, " must be at least 0, got ", factor));
    std::vector<ir::RateMultiplier>& rows = graph_.training.learning_rate_multipliers;
    if (std::any_of(rows.begin(), rows.end(), [&](const ir::RateMultiplier& row) { return row.layer == layer; }))
      return Mistake(absl::StrCat(kArgument, "the layer ", layer, " is named twice"));
    rows.push_back({layer, factor});
    if (!is_complete_ || HasParameter([&](const std::string& name) { return absl::StartsWith(name, layer + "/"); }))
      return;
    std::vector<absl::string_view> known;
    for (const ir::Layer& row : graph_.layers) known.push_back(row.name);
    const bool exists = std::find(known.begin(), known.end(), layer) != known.end();
    Mistake(exists ? absl::StrCat(kArgument, "the layer ", layer, " has no trainable parameters")
                   : absl::StrCat(kArgument, "there is no layer ", Quoted(layer), ir::DidYouMean(layer, known)));
  }

  void AddExclusion(const std::string& part) {
    graph_.training.exclude_from_weight_decay.push_back(part);
    if (is_complete_ && !HasParameter([&](const std::string& name) { return absl::StrContains(name, part); }))
      Mistake(absl::StrCat("exclude_from_weight_decay: no name of a trainable parameter contains ", Quoted(part)));
  }

  // Removes the schedule of a graph that was read from a file.  Its values are nameless from then on.
  void DropSchedule() {
    const std::string prefix = absl::StrCat(ir::kLearningRate, "/");
    std::erase_if(graph_.inputs, [&](const ir::Input& input) {
      std::string& name = graph_.value(input.value).name;
      const bool is_part = (name == ir::kLearningRate || absl::StartsWith(name, prefix)) &&
                           (input.source == ir::Source::kScalar || input.source == ir::Source::kExpression);
      if (is_part) name.clear();
      return is_part;
    });
  }

  void AddSchedule(const LearningRateSchedule& schedule) {
    for (const std::string& mistake : schedule.mistakes) Mistake(mistake);
    if (!schedule.mistakes.empty()) return;
    ir::Expression expression;
    for (const Number::Term& term : schedule.rate.terms()) {
      if (!AddTerm(term, expression)) return;
    }
    if (const std::string fault = ir::ExpressionFault(expression); !fault.empty())
      return Mistake(absl::StrCat("learning_rate: ", fault));
    const double first =
        ir::Evaluate(expression, 0, [&](ir::ValueId scalar) { return graph_.FindInput(scalar)->initial; });
    if (!ir::kAtLeastZero.Contains(first))
      return Mistake(absl::StrCat("learning_rate must be at least 0, but is ", first, " in the first step"));
    const ir::ValueId value = AddInput(ir::kLearningRate);
    graph_.inputs.push_back({.value = value, .source = ir::Source::kExpression, .expression = std::move(expression)});
    // A rate that rises from 0 is no legal constant, so that the default remains.  Nothing reads it.
    if (first > 0) graph_.training.optimizer_arguments.Set(ir::kLearningRate, first);
  }

  // Returns false after a mistake.
  bool AddTerm(const Number::Term& term, ir::Expression& expression) {
    if (term.name.empty()) {
      expression.push_back({.kind = ir::TermKind::kConstant, .number = term.number});
      return true;
    }
    if (term.name[0] == '%') {
      const ir::ValueId scalar =
          FindOrAddScalar(absl::StrCat(ir::kLearningRate, "/", term.name.substr(1)), term.number);
      if (scalar != ir::kNoValue) expression.push_back({.kind = ir::TermKind::kScalar, .scalar = scalar});
      return scalar != ir::kNoValue;
    }
    const std::optional<ir::TermKind> kind = ir::FindTerm(term.name);
    if (kind)
      expression.push_back({.kind = *kind});
    else
      Mistake(absl::StrCat("learning_rate: there is no operation ", Quoted(term.name)));
    return kind.has_value();
  }

  ir::ValueId FindOrAddScalar(const std::string& name, double initial) {
    if (const auto known = scalars_.find(name); known != scalars_.end()) {
      const double other = graph_.FindInput(known->second)->initial;
      if (other == initial) return known->second;
      Mistake(absl::StrCat(name, " has two values, ", other, " and ", initial));
      return ir::kNoValue;
    }
    if (!ir::IsName(name) || !std::isfinite(initial)) {
      Mistake(absl::StrCat("learning_rate: no scalar can be called ", Quoted(name), " and be ", initial));
      return ir::kNoValue;
    }
    const ir::ValueId value = AddInput(name);
    if (value == ir::kNoValue) return value;
    graph_.inputs.push_back({.value = value, .source = ir::Source::kScalar, .initial = initial});
    return scalars_[name] = value;
  }

  ir::ValueId AddInput(const std::string& name) {
    if (graph_.FindValue(name) == ir::kNoValue) return graph_.AddValue(name, {});
    Mistake(absl::StrCat("the learning rate's schedule needs the name ", name, ", but this name is taken"));
    return ir::kNoValue;
  }

  const Optimizer& optimizer_;
  const Place& place_;
  const bool is_complete_;
  Mistakes& mistakes_;
  ir::Graph& graph_;
  std::map<std::string, ir::ValueId> scalars_;
};

}  // namespace

void AddOptimizerOptions(const Optimizer& optimizer, const Place& place, bool is_complete, Mistakes& mistakes,
                         ir::Graph& graph) {
  OptionsAdder(optimizer, place, is_complete, mistakes, graph).Run();
}

}  // namespace brine::internal
