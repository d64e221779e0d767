// The functions with which a loss or a metric adds its nodes.
#ifndef BRINE_IR_QUANTITY_BUILDER_H_
#define BRINE_IR_QUANTITY_BUILDER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ir/graph.h"
#include "ir/op.h"

namespace brine::ir {

// The values from which a quantity of one output is computed.
struct QuantityInputs {
  ValueId prediction = kNoValue;  // the model's output, or its logits: see Loss::activation
  ValueId label = kNoValue;       // of the type that LabelType says
  ValueId rows = kNoValue;        // f32[]: the rows of the batch
};

// Nodes are named after the quantity, "loss.mul", and have its location.  After the first failure nothing is added and
// every result is kNoValue, so that formulas need no error handling.
class QuantityBuilder {
 public:
  QuantityBuilder(Graph& graph, std::string quantity, Location location, const QuantityInputs& inputs,
                  const Attributes& arguments);

  ValueId prediction() const { return inputs_.prediction; }
  ValueId label() const { return inputs_.label; }
  const Attributes& arguments() const { return arguments_; }
  Type type(ValueId value) const;  // a copy, since adding nodes moves the graph's

  ValueId Emit(const Op& op, std::vector<ValueId> inputs, Attributes attributes = {});
  ValueId EmitConstant(double value);  // f32[]

  // The sum of all elements of x: f32[n, …], in which each element belongs to a row.
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
