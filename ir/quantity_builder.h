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
  ValueId prediction = kNoValue;  // the output of the model, or, for a quantity with an activation, its logits
  // The same for the loss of the output.  The numbers of a row have the order of those of the output, so what depends
  // on the order alone reads them, and a training step need not compute the activation.
  ValueId scores = kNoValue;
  ValueId label = kNoValue;   // its type is LabelType(loss, type of the output)
  ValueId rows = kNoValue;    // f32[]: the number of rows of the batch
  ValueId weight = kNoValue;  // f32[n]: Source::kWeight; only losses need it
};

// The nodes are named after the quantity and their op, such as "loss.mul", and have the location of Compile().  After
// the first failure no node is added, and every result is kNoValue, so that formulas need no error handling.
class QuantityBuilder {
 public:
  QuantityBuilder(Graph& graph, std::string quantity, Location location, const QuantityInputs& inputs,
                  const Attributes& arguments);

  ValueId prediction() const { return inputs_.prediction; }
  ValueId scores() const { return inputs_.scores; }
  ValueId label() const { return inputs_.label; }
  const Attributes& arguments() const { return arguments_; }
  // The type is returned by value, since a reference into the graph is invalid after the next Emit.
  Type type(ValueId value) const;

  // The label as the number of a class, i32, and as a number for each number of the output, f32.
  ValueId ClassOfLabel();
  ValueId NumbersOfLabel();

  ValueId Emit(const Op& op, std::vector<ValueId> inputs, Attributes attributes = {});
  ValueId EmitConstant(double value);                       // f32[]
  ValueId EmitIntegers(int64_t value, const Shape& shape);  // i32 of this shape, of which all elements are `value`

  // Sums of the elements of x along the last axis, if it is not n, or along all axes from `first` on.
  ValueId SumOfLast(ValueId x, bool keep_dims = false);
  ValueId SumFrom(size_t first, ValueId x);
  // The largest element of x along the last axis, if it is not n.  The first of equals gets the gradient.
  ValueId MaximumOfLast(ValueId x);
  // Of x, f32[n,…]: the mean of the elements of each row, f32[n].
  ValueId RowMeans(ValueId x);

  // Says which elements of the values of rows count: f32 of their type, 1 or 0.  Without a mask, all do.
  void SetMask(ValueId mask) { mask_ = mask; }
  bool has_mask() const { return mask_ != kNoValue; }

  // The value of the quantity from the values of its rows, f32[n,…]: the mean of the rows, or Σ weight·(mean of the
  // row). The node has the name of the quantity.  With a mask, only the elements that count are averaged; Mean has no
  // mask.
  ValueId Mean(ValueId values);
  ValueId WeightedSum(ValueId values);

  // Adds the output "<quantity>.<part>", f32[] or f32[k], which the host adds up over the batches of an epoch.  Returns
  // its index in Graph::outputs, by which the expression of a result knows it.
  int32_t AddSum(absl::string_view part, ValueId value);

  // The mean of the elements that count, as a result.
  Result MaskedMean(ValueId values);

  // The first failure, or OK.
  const absl::Status& status() const { return status_; }

 private:
  ValueId Add(const Op& op, std::vector<ValueId> inputs, Attributes attributes, absl::string_view name);

  Graph& graph_;
  const std::string quantity_;
  const Location location_;
  const QuantityInputs inputs_;
  const Attributes& arguments_;
  ValueId mask_ = kNoValue;
  absl::Status status_;
};

}  // namespace brine::ir

#endif  // BRINE_IR_QUANTITY_BUILDER_H_
