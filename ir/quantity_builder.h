// What a loss or a metric is given to add its nodes with.
#ifndef BRINE_IR_QUANTITY_BUILDER_H_
#define BRINE_IR_QUANTITY_BUILDER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ir/graph.h"
#include "ir/op.h"

namespace brine::ir {

// The values that a quantity of one output is made of.
struct QuantityInputs {
  ValueId prediction = kNoValue;  // the model's output, or the logits it is made of: see Loss::activation
  ValueId label = kNoValue;       // of the type that LabelType says
  ValueId rows = kNoValue;        // f32[]: the rows of the batch
};

// Nodes are named after the quantity, "loss.mul", and bear its location.  After the first failure nothing is added and
// every result is kNoValue, so that formulas are written without looking at each step.
class QuantityBuilder {
 public:
  QuantityBuilder(Graph& graph, std::string quantity, Location location, const QuantityInputs& inputs,
                  const Attributes& arguments);

  ValueId prediction() const { return inputs_.prediction; }
  ValueId label() const { return inputs_.label; }
  const Attributes& arguments() const { return arguments_; }
  Type type(ValueId value) const;  // a copy: adding nodes moves the graph's

  ValueId Emit(const Op& op, std::vector<ValueId> inputs, Attributes attributes = {});
  ValueId EmitConstant(double value);  // f32[]

  // The sum of all elements of x: f32[n, …], of which each belongs to its row.
  ValueId SumOverRows(ValueId x);

  // The quantity itself: sum / rows, the mean over the rows of the batch.
  ValueId Mean(ValueId sum);

  const absl::Status& status() const { return status_; }

 private:
  ValueId Add(const Op& op, std::vector<ValueId> inputs, Attributes attributes, absl::string_view name);

  Graph& graph_;
  const std::string quantity_;
  const Location location_;
  const QuantityInputs inputs_;
  const Attributes& arguments_;
  absl::Status status_;
};

}  // namespace brine::ir

#endif  // BRINE_IR_QUANTITY_BUILDER_H_
