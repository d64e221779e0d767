#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "frontend/cli/html/chart.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/report_sections.h"

namespace brine::cli {
namespace {

// What each epoch says beside results over the training data and, with the prefix val_, over the validation data.
constexpr const char* kNotResults[] = {
    "epoch", "step", "learning_rate", "seconds", "samples_per_second", "communication_seconds", "waiting_seconds"};

// The names of results over the training data, in the order of the configuration, then in that of the alphabet.
std::vector<std::string> TrainResults(absl::Span<const Run> runs) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    const bool other = absl::StartsWith(name, "val_") ||
                       std::find(std::begin(kNotResults), std::end(kNotResults), name) != std::end(kNotResults);
    if (!other && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const Run& run : runs) {
    for (const run::Result& result : run.config.result()) add(result.name());
    for (const Epoch& epoch : run.epochs) {
      for (const auto& [name, number] : epoch.results) add(name);
    }
  }
  return names;
}

std::vector<Point> ByEpoch(const Run& run, const std::string& name) {
  std::vector<Point> points;
  for (const Epoch& epoch : run.epochs) points.push_back({epoch.epoch, epoch.Find(name)});
  return points;
}

bool HasNumbers(absl::Span<const Point> points) {
  return std::any_of(points.begin(), points.end(), [](const Point& point) { return std::isfinite(point.y); });
}

// The steps of an epoch; 0 if the run does not say.
double StepsPerEpoch(const Run& run) {
  const auto legal = [](double steps) { return steps > 0 && steps <= 1e9 ? steps : 0; };
  if (!run.epochs.empty()) return legal(run.epochs[0].step / run.epochs[0].epoch);
  const double batch =
      static_cast<double>(run.config.batch_size()) * static_cast<double>(std::max<int64_t>(run.config.accumulate(), 1));
  return legal(std::ceil(static_cast<double>(run.config.train_samples()) / batch));
}

// The means over a few steps, with the step as a part of an epoch.
std::vector<Point> BySteps(const Run& run, const std::string& name) {
  const int step = run.steps.Column("step"), column = run.steps.Column(name);
  const double per_epoch = StepsPerEpoch(run);
  std::vector<Point> points;
  if (step < 0 || column < 0 || per_epoch <= 0) return points;
  for (const std::vector<double>& row : run.steps.rows)
    points.push_back({row[static_cast<size_t>(step)] / per_epoch, row[static_cast<size_t>(column)]});
  return points;
}

// The steps of an epoch if all runs have as many, as the axis can then count both.
double CommonStepsPerEpoch(absl::Span<const Run> runs) {
  const double first = StepsPerEpoch(runs[0]);
  const bool same = std::all_of(runs.begin(), runs.end(), [&](const Run& run) { return StepsPerEpoch(run) == first; });
  return same ? first : 0;
}

std::string ResultCurve(absl::Span<const Run> runs, const std::string& name) {
  Chart chart = {.title = name, .steps_per_x = CommonStepsPerEpoch(runs)};
  const bool alone = runs.size() == 1;
  for (size_t index = 0; index < runs.size(); ++index) {
    const Run& run = runs[index];
    const int color = static_cast<int>(index);
    const std::string prefix = alone ? "" : absl::StrCat(run.name, ", ");
    const std::vector<Point> steps = BySteps(run, name), train = ByEpoch(run, name),
                             validation = ByEpoch(run, absl::StrCat("val_", name));
    const bool validates = HasNumbers(validation);
    const std::optional<size_t> best = run.BestEpoch();
    if (HasNumbers(steps) && (alone || !HasNumbers(train)))
      chart.series.push_back({prefix + "training, by step", alone ? 1 : color, LineStyle::kFaint, steps});
    if (HasNumbers(train)) {
      chart.series.push_back({prefix + "training", alone ? 1 : color,
                              validates ? LineStyle::kDashed : LineStyle::kSolid, train,
                              validates ? std::nullopt : best});
    }
    if (validates) chart.series.push_back({prefix + "validation", color, LineStyle::kSolid, validation, best});
  }
  chart.log = NeedsLog(chart.series);
  return DrawChart(chart);
}

// A chart of one number of each run by epoch.
std::string Curve(absl::Span<const Run> runs, const std::string& title, bool log,
                  const std::function<std::vector<Point>(const Run&)>& points) {
  Chart chart = {.title = title, .steps_per_x = CommonStepsPerEpoch(runs)};
  for (size_t index = 0; index < runs.size(); ++index) {
    const std::string name = runs.size() == 1 ? title : runs[index].name;
    chart.series.push_back({name, static_cast<int>(index), LineStyle::kSolid, points(runs[index])});
  }
  chart.log = log && NeedsLog(chart.series);
  return DrawChart(chart);
}

std::string Grid(absl::string_view charts, const char* kind = "") {
  return charts.empty() ? "" : absl::StrCat("<div class=\"charts", kind, "\">\n", charts, "</div>\n");
}

// The parameters whose norms are known, in the order of the model.
std::vector<std::string> NamedNorms(absl::Span<const Run> runs) {
  std::vector<std::string> names;
  for (const Run& run : runs) {
    std::set<std::string> known;
    for (const Epoch& epoch : run.epochs) {
      for (const auto& [name, norm] : epoch.weight_norm) known.insert(name);
    }
    const auto add = [&](const std::string& name) {
      if (known.erase(name) != 0 && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    };
    for (const ir::State& state : run.model ? run.model->states : std::vector<ir::State>())
      add(run.model->value(state.value).name);
    for (const std::string& name : std::set<std::string>(known)) add(name);
  }
  return names;
}

std::string NormCurve(absl::Span<const Run> runs, const std::string& parameter) {
  Chart chart = {.title = parameter, .small = true, .log = true};
  for (size_t index = 0; index < runs.size(); ++index) {
    const bool alone = runs.size() == 1;
    const int color = static_cast<int>(index);
    std::vector<Point> weights, gradients;
    for (const Epoch& epoch : runs[index].epochs) {
      const auto find = [&](const std::map<std::string, double>& norms) {
        const auto found = norms.find(parameter);
        // A logarithmic axis has no zero.
        return found == norms.end() || !(found->second > 0) ? std::nan("") : found->second;
      };
      weights.push_back({epoch.epoch, find(epoch.weight_norm)});
      gradients.push_back({epoch.epoch, find(epoch.gradient_norm)});
    }
    const std::string prefix = alone ? "" : absl::StrCat(runs[index].name, ", ");
    chart.series.push_back({prefix + "weights", color, LineStyle::kSolid, weights});
    chart.series.push_back({prefix + "gradient", alone ? 1 : color, LineStyle::kDashed, gradients});
  }
  return DrawChart(chart);
}

}  // namespace

std::string ResultCurves(absl::Span<const Run> runs) {
  std::string charts;
  for (const std::string& name : TrainResults(runs)) absl::StrAppend(&charts, ResultCurve(runs, name));
  if (charts.empty()) return "";
  const std::string note = runs.size() == 1 && runs[0].BestEpoch()
                               ? absl::StrCat("<p>A ring marks epoch ", runs[0].epochs[*runs[0].BestEpoch()].epoch,
                                              ", the best by <code>", Escaped(runs[0].monitor()), "</code>.</p>\n")
                               : "<p>A ring marks the best epoch of each run.</p>\n";
  return note + Grid(charts);
}

std::string RateCurves(absl::Span<const Run> runs) {
  const std::string rate = Curve(runs, "learning rate", true, [](const Run& run) {
    const std::vector<Point> steps = BySteps(run, "learning_rate");
    return HasNumbers(steps) ? steps : ByEpoch(run, "learning_rate");
  });
  const std::string samples =
      Curve(runs, "samples per second", false, [](const Run& run) { return ByEpoch(run, "samples_per_second"); });
  return Grid(rate + samples);
}

std::string NormCurves(absl::Span<const Run> runs) {
  constexpr size_t kMostOpen = 12;  // with more parameters, their charts are folded
  const std::vector<std::string> parameters = NamedNorms(runs);
  std::string charts;
  for (const std::string& parameter : parameters) absl::StrAppend(&charts, NormCurve(runs, parameter));
  if (charts.empty()) return "";
  std::vector<Series> legend;
  for (size_t index = 0; index < runs.size(); ++index) {
    const std::string prefix = runs.size() == 1 ? "" : absl::StrCat(runs[index].name, ", ");
    const int color = static_cast<int>(index);
    legend.push_back({prefix + "weights", color, LineStyle::kSolid, {}});
    legend.push_back({prefix + "gradient", runs.size() == 1 ? 1 : color, LineStyle::kDashed, {}});
  }
  const std::string body = absl::StrCat(WriteLegend(legend), Grid(charts, " small"));
  const std::string note =
      "<p>Euclidean norms by epoch, on logarithmic axes; those of gradients are of the last step of the epoch.</p>\n";
  return parameters.size() <= kMostOpen ? note + body
                                        : note + Folded(absl::StrCat(parameters.size(), " parameters"), body);
}

}  // namespace brine::cli
