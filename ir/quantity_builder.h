// The functions with which a loss or a metric adds its nodes.  Both are called quantities.
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
  ValueId prediction = kNoValue;  // the output of the model, or its logits (Loss::activation)
  ValueId label = kNoValue;       // its type is LabelType(loss, type of the output)
  ValueId rows = kNoValue;        // f32[]: the number of rows of the batch
  ValueId weight = kNoValue;      // f32[n]: Source::kWeight; only losses need it
};

// The nodes are named after the quantity and their op, such as "loss.mul", and have the location of Compile().  After
// the first failure no node is added, and every result is kNoValue, so that formulas need no error handling.
class QuantityBuilder {
 public:
  QuantityBuilder(Graph& graph, std::string quantity, Location location, const QuantityInputs& inputs,
                  const Attributes& arguments);

  ValueId prediction() const { return inputs_.prediction; }
  ValueId label() const { return inputs_.label; }
  const Attributes& arguments() const { return arguments_; }
  // The type is returned by value, since a reference into the graph is invalid after the next Emit.
  Type type(ValueId value) const;

  ValueId Emit(const Op& op, std::vector<ValueId> inputs, Attributes attributes = {});
  ValueId EmitConstant(double value);  // f32[]

  // The sum of the elements along the last axis of x, or along all axes from `first` on.
  ValueId SumOfLast(ValueId x);
  ValueId SumFrom(size_t first, ValueId x);

  // Of x, which is f32[n,…]: f32[n], the mean of the elements of each row.
  ValueId RowMeans(ValueId x);

  // The quantity, from the value of each row, f32[n,…]: the mean over the rows, or the sum of weight·value.  The node
  // has the name of the quantity.
  ValueId Mean(ValueId rows);
  ValueId WeightedSum(ValueId rows);

  // The first failure, or OK.
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
