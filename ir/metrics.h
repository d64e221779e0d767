// The table of metrics, by Keras's names.  The metric of a batch is the mean of the metrics of its rows.
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
  bool compares_classes = false;  // if so, Loss::compares_classes must be true for the loss of the output, too
  // Adds the nodes that compute the metric of each row, and returns it, as Loss::row does.
  ValueId (*row)(QuantityBuilder& builder) = nullptr;
};

absl::Span<const Metric> AllMetrics();
const Metric* FindMetric(absl::string_view name);  // null when there is none

// Adds a row of the calling program.  It is called by one thread, before models are built or read, because pointers to
// rows become invalid.
void AddMetric(const Metric& metric);

// Why the metric is not defined for an output with this loss, in one sentence; empty if it is.
std::string MetricFault(const Metric& metric, const Loss& loss);

}  // namespace brine::ir

#endif  // BRINE_IR_METRICS_H_
