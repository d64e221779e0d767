// What Compile() was told, checked as strictly as the frontend checks it, so that a graph from a file is as safe as one
// from a model.
#include <cfloat>
#include <cmath>
#include <iterator>
#include <set>

#include "absl/strings/str_cat.h"
#include "ir/fault_list.h"
#include "ir/names.h"

namespace brine::ir {
namespace {

struct ArgumentRow {
  absl::string_view optimizer, name;
  AttributeKind kind;
  double least, most;
  bool least_is_legal, most_is_legal;
};
constexpr ArgumentRow kArguments[] = {
    {"adam", "learning_rate", AttributeKind::kFloat, 0, FLT_MAX, false, true},
    {"adam", "beta_1", AttributeKind::kFloat, 0, 1, true, false},
    {"adam", "beta_2", AttributeKind::kFloat, 0, 1, true, false},
    {"adam", "epsilon", AttributeKind::kFloat, 0, FLT_MAX, false, true},
    {"sgd", "learning_rate", AttributeKind::kFloat, 0, FLT_MAX, false, true},
    {"sgd", "momentum", AttributeKind::kFloat, 0, 1, true, true},
    {"sgd", "nesterov", AttributeKind::kBool, 0, 0, false, false},
};
constexpr absl::string_view kLosses[] = {"categorical_crossentropy", "sparse_categorical_crossentropy"};
constexpr absl::string_view kOptimizers[] = {"adam", "sgd"};
constexpr absl::string_view kMetrics[] = {"accuracy"};

const ArgumentRow* FindArgument(absl::string_view optimizer, absl::string_view name) {
  for (const ArgumentRow& row : kArguments) {
    if (row.optimizer == optimizer && row.name == name) return &row;
  }
  return nullptr;
}

bool InRange(const ArgumentRow& row, double value) {
  return (value > row.least || (value == row.least && row.least_is_legal)) &&
         (value < row.most || (value == row.most && row.most_is_legal));
}

}  // namespace

void FindTrainingFaults(const Graph& graph, FaultList& faults) {
  const Training& training = graph.training;
  if (!IsCompiled(training)) return;
  const Site site = SiteOf(training);
  const auto add = [&](Part part, int index, std::string sentence) {
    faults.Add(site, part, index, std::move(sentence));
  };
  const auto check_known = [&](const auto& known, absl::string_view what, absl::string_view name, Part part,
                               int index) {
    const std::vector<absl::string_view> names(std::begin(known), std::end(known));
    for (absl::string_view other : names) {
      if (other == name) return;
    }
    add(part, index, absl::StrCat("unknown ", what, " \"", Excerpt(name), "\"", DidYouMean(name, names)));
  };

  if (graph.stage > Stage::kTrain) add(Part::kLine, 0, "compile is legal at stages graph and train only");
  check_known(kLosses, "loss", training.loss, Part::kName, 0);
  check_known(kOptimizers, "optimizer", training.optimizer, Part::kName, 1);
  std::set<std::string> metrics;
  for (size_t index = 0; index < training.metrics.size(); ++index) {
    check_known(kMetrics, "metric", training.metrics[index], Part::kOutput, static_cast<int>(index));
    if (metrics.insert(training.metrics[index]).second) continue;
    add(Part::kOutput, static_cast<int>(index),
        absl::StrCat("the metric ", Excerpt(training.metrics[index]), " is named twice"));
  }
  int index = 0;
  for (const auto& [name, value] : training.optimizer_arguments) {
    const ArgumentRow* row = FindArgument(training.optimizer, name);
    if (row == nullptr) {
      add(Part::kAttribute, index, absl::StrCat(Excerpt(training.optimizer), " takes no ", Excerpt(name)));
    } else if (!KindMatches(row->kind, value)) {
      add(Part::kAttribute, index,
          absl::StrCat(name, row->kind == AttributeKind::kBool ? " must be true or false"
                                                               : " must be a real number, such as 0.5"));
    } else if (row->kind == AttributeKind::kFloat && !InRange(*row, std::get<double>(value))) {
      add(Part::kAttribute, index,
          absl::StrCat(name, " must be ", row->least_is_legal ? "at least " : "above ", row->least, " and ",
                       row->most_is_legal ? "at most " : "below ", row->most, ", got ", std::get<double>(value)));
    }
    ++index;
  }
  for (const ArgumentRow& row : kArguments) {
    if (row.optimizer != training.optimizer || training.optimizer_arguments.Has(row.name)) continue;
    add(Part::kName, 1, absl::StrCat(row.optimizer, " needs ", row.name));
  }
}

}  // namespace brine::ir
