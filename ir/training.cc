#include "ir/training.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ir/losses.h"

namespace brine::ir {

std::string QuantityName(const Training& training, const Objective& objective, absl::string_view quantity) {
  return training.objectives.size() > 1 ? absl::StrCat(objective.output, "_", quantity) : std::string(quantity);
}

namespace {
constexpr absl::string_view kAveragePrefix = "average/";
}  // namespace

std::string AverageName(absl::string_view parameter) { return absl::StrCat(kAveragePrefix, parameter); }

absl::string_view ParameterOfAverage(absl::string_view state) {
  absl::ConsumePrefix(&state, kAveragePrefix);
  return state;
}

int64_t OutputClasses(const Graph& model, absl::string_view output) {
  const auto row = std::find_if(model.outputs.begin(), model.outputs.end(),
                                [&](const Output& candidate) { return candidate.name == output; });
  if (row == model.outputs.end() || model.type(row->value).rank() == 0) return 0;
  for (const Objective& objective : model.training.objectives) {
    const Loss* const loss = FindLoss(objective.loss);
    if (objective.output == output && loss != nullptr && !loss->has_classes()) return 0;
  }
  return std::max<int64_t>(model.type(row->value).shape.back(), 0);
}

const Objective* ObjectiveOf(const Training& training, absl::string_view input) {
  for (const Objective& objective : training.objectives) {
    for (const absl::string_view quantity : {"label", "sample_weight"}) {
      if (QuantityName(training, objective, quantity) == input) return &objective;
    }
  }
  return nullptr;
}

int64_t LeastClasses(const Graph& model) {
  int64_t least = INT64_MAX;
  for (const Output& output : model.outputs) {
    const int64_t classes = OutputClasses(model, output.name);
    if (classes > 0) least = std::min(least, classes);
  }
  return least;
}

int64_t LabelClasses(const Graph& model, absl::string_view label) {
  const Objective* const objective = ObjectiveOf(model.training, label);
  const bool is_label = objective != nullptr && QuantityName(model.training, *objective, "label") == label;
  return is_label ? OutputClasses(model, objective->output) : 0;
}

}  // namespace brine::ir
