// The losses, by Keras's names: one table.
//
// A loss of a batch is the mean of its rows' losses.  The training passes, the verifier, the frontend and the program's
// tables all read the row; nothing else knows a loss.
#ifndef BRINE_IR_LOSSES_H_
#define BRINE_IR_LOSSES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ir/arguments.h"
#include "ir/quantity_builder.h"

namespace brine::ir {

// The type of a label, and so of the outputs that a loss accepts.
enum class LabelKind : uint8_t {
  kClassNumber,  // i32[n]: the number of a class; of an output f32[n,classes]
  kOneHot,       // f32[n,classes]: a share of each class; of an output of the same type
  kNumbers,      // f32[n,…]: what the output should be; of any output of the same type
};

struct Loss {
  std::string name;
  LabelKind label;
  std::vector<Argument> arguments = {};

  // The op that makes the output probabilities.  The loss is computed from this op's input, the logits, because the
  // logarithm of a probability that was rounded to zero is infinite; unless the argument from_logits says that the
  // output itself is logits.  Null: the loss accepts the output as it is.
  const Op* activation = nullptr;

  // Adds the nodes of the sum of the rows' losses: f32[].
  ValueId (*sum)(QuantityBuilder& builder) = nullptr;

  bool of_classes() const { return label != LabelKind::kNumbers; }
};

absl::Span<const Loss> AllLosses();
const Loss* FindLoss(absl::string_view name);  // null when there is none

// The type of the label for an output of this type, or a sentence that says why the loss does not accept such an
// output.
absl::StatusOr<Type> LabelType(const Loss& loss, const Type& output);

// The op whose input the loss is computed from; null: the output itself.
const Op* ActivationOf(const Loss& loss, const Attributes& arguments);

// Why the loss does not accept an output that `producer` makes (null: no node does), in one sentence; or nothing.
std::string ProducerFault(const Loss& loss, const Attributes& arguments, const Op* producer);

}  // namespace brine::ir

#endif  // BRINE_IR_LOSSES_H_
