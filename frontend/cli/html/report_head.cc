#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "frontend/cli/html/chart.h"
#include "frontend/cli/html/markup.h"
#include "frontend/cli/html/report_sections.h"
#include "frontend/number_text.h"

namespace brine::cli {
namespace {

std::string NumberText(double number) { return std::isfinite(number) ? absl::StrFormat("%.4g", number) : "–"; }

double TotalSeconds(const Run& run) {
  double seconds = 0;
  for (const Epoch& epoch : run.epochs) {
    if (const double took = epoch.Find("seconds"); took > 0) seconds += took;
  }
  return seconds;
}

// The results of a run in the order in which the trainer shows them, each followed by that of the validation data.
std::vector<std::string> ResultNames(const Run& run) {
  std::vector<std::string> names;
  if (run.epochs.empty()) return names;
  const auto add = [&](const std::string& name) {
    const bool known = run.epochs[0].results.count(name) != 0;
    if (known && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const run::Result& result : run.config.result()) {
    add(result.name());
    add(absl::StrCat("val_", result.name()));
  }
  for (const char* name : {"loss", "val_loss"}) add(name);
  return names;
}

// A fact of the head: a name above a value, both HTML.
std::string Fact(absl::string_view name, absl::string_view value, absl::string_view note = "") {
  return absl::StrCat("<div><dt>", name, "</dt><dd>", value,
                      note.empty() ? "" : absl::StrCat("<span class=\"note\">", note, "</span>"), "</dd></div>\n");
}

std::string Samples(const run::Config& config) {
  std::vector<std::string> parts;
  const auto add = [&](int64_t count, const char* name) {
    if (count > 0) parts.push_back(absl::StrCat(internal::WithCommas(count), " ", name));
  };
  add(config.train_samples(), "for training");
  add(config.validation_samples(), "for validation");
  add(config.test_samples(), "for the test");
  std::string text;
  for (const std::string& part : parts) absl::StrAppend(&text, text.empty() ? "" : ", ", part);
  return text;
}

std::string Facts(const Run& run) {
  const run::Config& config = run.config;
  std::string out = "<dl class=\"facts\">\n";
  if (const std::optional<size_t> best = run.BestEpoch()) {
    const Epoch& epoch = run.epochs[*best];
    for (const std::string& name : ResultNames(run)) {
      const bool validates = epoch.results.count("val_loss") != 0;
      if (validates && !absl::StartsWith(name, "val_")) continue;
      absl::StrAppend(&out, Fact(Escaped(name), NumberText(epoch.Find(name)),
                                 name == run.monitor() ? absl::StrCat("best, in epoch ", epoch.epoch) : ""));
    }
  }
  const double epochs = run.epochs.empty() ? 0 : run.epochs.back().epoch;
  const bool going_on = epochs < static_cast<double>(run.planned_epochs());
  absl::StrAppend(
      &out, Fact("Epochs", NumberText(epochs), going_on ? absl::StrCat("of ", run.planned_epochs(), ", so far") : ""));
  absl::StrAppend(
      &out, Fact("Time", internal::SecondsText(TotalSeconds(run)),
                 run.epochs.empty()
                     ? ""
                     : absl::StrCat(internal::SecondsText(TotalSeconds(run) / static_cast<double>(run.epochs.size())),
                                    " an epoch")));
  if (!config.data().empty() || config.train_samples() > 0)
    absl::StrAppend(&out, Fact("Data", Escaped(config.data().empty() ? "built in" : config.data()), Samples(config)));
  if (config.has_machine()) {
    absl::StrAppend(&out, Fact("Machine", Escaped(config.machine().cpu()),
                               Escaped(absl::StrCat(config.threads() > 0 ? absl::StrCat(config.threads(), " of ") : "",
                                                    config.machine().cores(), " cores, ", config.machine().system()))));
  }
  return out + "</dl>\n";
}

}  // namespace

std::string RunLabel(absl::Span<const Run> runs, size_t index) {
  return absl::StrCat("<span class=\"run s", index % kSeriesColors, "\">", Escaped(runs[index].name), "</span>");
}

std::string ReportHead(absl::Span<const Run> runs) {
  if (runs.size() == 1) {
    const Run& run = runs[0];
    return absl::StrCat("<p class=\"kicker\">Training run</p>\n<h1>", Escaped(run.config.model()), "</h1>\n<p>",
                        Escaped(run.folder), run.config.started().empty() ? "" : ", started ",
                        Escaped(run.config.started()),
                        run.config.version().empty() ? "" : absl::StrCat(", Brine ", Escaped(run.config.version())),
                        "</p>\n", Facts(run));
  }
  std::string out = "<p class=\"kicker\">Training runs compared</p>\n<h1>";
  std::set<std::string> models;
  for (const Run& run : runs) models.insert(run.config.model());
  std::string names;
  for (const std::string& model : models) absl::StrAppend(&names, names.empty() ? "" : ", ", model);
  absl::StrAppend(&out, Escaped(names), "</h1>\n<ul class=\"runs\">\n");
  for (size_t index = 0; index < runs.size(); ++index)
    absl::StrAppend(&out, "<li>", RunLabel(runs, index), " <span class=\"note\">", Escaped(runs[index].folder),
                    "</span></li>\n");
  return out + "</ul>\n";
}

std::string ComparedResults(absl::Span<const Run> runs) {
  if (runs.size() < 2) return "";
  HtmlTable table = {"Results of the best epoch of each run; the best of a row is marked", {{"Result"}}, {}};
  std::vector<std::string> names;
  std::vector<std::optional<size_t>> best;
  for (const Run& run : runs) {
    table.columns.push_back({run.name, true});
    best.push_back(run.BestEpoch());
    for (const std::string& name : ResultNames(run)) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  for (const std::string& name : names) {
    std::vector<double> results;
    for (size_t index = 0; index < runs.size(); ++index)
      results.push_back(best[index] ? runs[index].epochs[*best[index]].Find(name) : std::nan(""));
    const double sign = HigherIsBetter(runs[0].config, name) ? -1 : 1;
    size_t winner = 0;
    for (size_t index = 1; index < results.size(); ++index) {
      if (!(sign * results[winner] <= sign * results[index]) && std::isfinite(results[index])) winner = index;
    }
    std::vector<std::string>& row = table.rows.emplace_back(1, Escaped(name));
    for (size_t index = 0; index < results.size(); ++index)
      row.push_back(index == winner ? absl::StrCat("<strong>", NumberText(results[index]), " ★</strong>")
                                    : NumberText(results[index]));
  }
  std::vector<std::string> epochs = {"best epoch"}, seconds = {"time"};
  for (size_t index = 0; index < runs.size(); ++index) {
    epochs.push_back(best[index] ? NumberText(runs[index].epochs[*best[index]].epoch) : "–");
    seconds.push_back(internal::SecondsText(TotalSeconds(runs[index])));
  }
  table.rows.push_back(epochs);
  table.rows.push_back(seconds);
  return WriteTable(table);
}

}  // namespace brine::cli
