#include "ir/metrics.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

namespace brine::ir {
namespace {

// 1 where argmax(prediction) = argmax(label), or, for class numbers, = label; 0 elsewhere.
ValueId Accuracy(QuantityBuilder& builder) {
  const ValueId guess = builder.Emit(kArgmax, {builder.prediction()});
  const bool is_class_number = builder.type(builder.label()).dtype == DType::kI32;
  const ValueId truth = is_class_number ? builder.label() : builder.Emit(kArgmax, {builder.label()});
  return builder.Emit(kEqual, {guess, truth});
}

std::vector<Metric>& Table() {
  static auto* const table = new std::vector<Metric>{{.name = "accuracy", .compares_classes = true, .row = Accuracy}};
  return *table;
}

}  // namespace

absl::Span<const Metric> AllMetrics() { return Table(); }

void AddMetric(const Metric& metric) { Table().push_back(metric); }

const Metric* FindMetric(absl::string_view name) {
  const auto row =
      std::find_if(AllMetrics().begin(), AllMetrics().end(), [&](const Metric& metric) { return metric.name == name; });
  return row == AllMetrics().end() ? nullptr : &*row;
}

std::string MetricFault(const Metric& metric, const Loss& loss) {
  if (!metric.compares_classes || loss.compares_classes()) return "";
  return absl::StrCat(metric.name, " compares classes, but the labels of ", loss.name, " are numbers");
}

}  // namespace brine::ir
