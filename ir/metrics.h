// The table of metrics, by Keras's names.
//
// Most metrics are means of the values of rows.  Others, such as precision, are computed from sums over all rows of an
// epoch, which is not the mean of the metrics of its batches.
#ifndef BRINE_IR_METRICS_H_
#define BRINE_IR_METRICS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ir/arguments.h"
#include "ir/losses.h"
#include "ir/quantity_builder.h"

namespace brine::ir {

// The labels for which a metric is defined.
enum class MetricLabels : uint8_t {
  kAny,
  kClasses,       // those of a loss for which Loss::compares_classes is true
  kClassNumbers,  // i32[n,…]
  kNumbers        // of the type of the output
};

// Whether a metric is better if it is smaller or larger.
enum class Better : uint8_t { kUnknown, kSmaller, kLarger };

struct Metric {
  std::string name;
  std::string alias = {};  // as Loss::alias
  MetricLabels labels = MetricLabels::kAny;
  std::vector<Argument> arguments = {};
  const Op* activation = nullptr;  // as Loss::activation

  // One of these is set.  `row` adds the nodes that compute the metric of each row, as Loss::row does; the metric is
  // their mean.  `result` adds sums over rows, and returns how the host computes the metric from them; the result has
  // no name yet.
  ValueId (*row)(QuantityBuilder& builder) = nullptr;
  Result (*result)(QuantityBuilder& builder) = nullptr;

  Better better = Better::kUnknown;
};

absl::Span<const Metric> AllMetrics();             // the last of them are the losses
const Metric* FindMetric(absl::string_view name);  // by its name or alias; null when there is none

// Adds a row of the calling program.  It is called by one thread, before models are built or read, because pointers to
// rows become invalid.
void AddMetric(const Metric& metric);

// Whether the loss or the metric of this name (QuantityName) is better if it is smaller or larger; kUnknown if no
// output has one of this name.  Losses, and their sum "loss", are better if they are smaller.
Better BetterOf(const Training& training, absl::string_view quantity);

// Why the metric is not defined for an output with this loss, in one sentence; empty if it is.
std::string MetricFault(const Metric& metric, const Loss& loss);

}  // namespace brine::ir

#endif  // BRINE_IR_METRICS_H_
