#include "ir/metrics.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace brine::ir {
namespace {

// Σ (argmax(z) = argmax(label)); a class number is its own argmax.
ValueId Accuracy(QuantityBuilder& builder) {
  const ValueId guess = builder.Emit(kArgmax, {builder.prediction()});
  const bool numbers = builder.type(builder.label()).dtype == DType::kI32;
  const ValueId truth = numbers ? builder.label() : builder.Emit(kArgmax, {builder.label()});
  return builder.SumOverRows(builder.Emit(kEqual, {guess, truth}));
}

}  // namespace

absl::Span<const Metric> AllMetrics() {
  static const auto* const table = new std::vector<Metric>{{"accuracy", /*of_classes=*/true, Accuracy}};
  return *table;
}

const Metric* FindMetric(absl::string_view name) {
  const auto row =
      std::find_if(AllMetrics().begin(), AllMetrics().end(), [&](const Metric& metric) { return metric.name == name; });
  return row == AllMetrics().end() ? nullptr : &*row;
}

std::string MetricFault(const Metric& metric, const Loss& loss) {
  if (!metric.of_classes || loss.of_classes()) return "";
  return absl::StrCat(metric.name, " compares classes, but the labels of ", loss.name, " are numbers");
}

}  // namespace brine::ir
