// The metrics, by Keras's names: one table.  A metric of a batch is the mean of its rows' metrics.
#ifndef BRINE_IR_METRICS_H_
#define BRINE_IR_METRICS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ir/losses.h"
#include "ir/quantity_builder.h"

namespace brine::ir {

struct Metric {
  std::string name;
  bool of_classes = false;  // it compares classes, so the loss of its output must do so too
  // Adds the nodes of the sum of the rows' numbers: f32[].
  ValueId (*sum)(QuantityBuilder& builder) = nullptr;
};

absl::Span<const Metric> AllMetrics();
const Metric* FindMetric(absl::string_view name);  // null when there is none

// Why the metric is not defined for an output with this loss, in one sentence; or nothing.
std::string MetricFault(const Metric& metric, const Loss& loss);

}  // namespace brine::ir

#endif  // BRINE_IR_METRICS_H_
