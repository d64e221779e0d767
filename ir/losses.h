// The table of losses, by Keras's names.
//
// The loss of a batch is Σ over its rows of weight·(loss of the row), where the weights are Source::kWeight.  The row
// of a loss is all that the training passes, the verifier, the frontend and the tables of a compiled program know about
// it.
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

// What a label holds.  This decides the type of the label and which outputs a loss accepts.
enum class LabelKind : uint8_t {
  kClassNumber,  // i32[n,…]: the number of the right class; the output is f32[n,…,classes]
  kOneHot,       // f32[n,…,classes]: a probability for each class; the output has the same type
  kBinary,       // f32[n,…]: 0 or 1, or the probability of 1; the output has the same type
  kNumbers,      // f32[n,…]: the numbers that the output should have; the output has the same type
};

struct Loss {
  std::string name;
  std::string alias = {};  // Keras's short name, such as "mse"; also in capital letters
  LabelKind label_kind;
  std::vector<Argument> arguments = {};

  // The op that must produce the output, which makes logits probabilities.  The loss is computed from this op's input,
  // the logits, because the logarithm of a probability that was rounded to zero is infinite.  If the argument
  // from_logits is true, the output itself is logits, and this op must not produce it.  Null: the loss accepts any
  // producer.
  const Op* activation = nullptr;

  // Adds the nodes that compute the loss of each row, and returns it: f32[n], or f32[n,…] whose mean over all axes but
  // the first is the loss of the row.
  ValueId (*row)(QuantityBuilder& builder) = nullptr;

  bool compares_classes() const { return label_kind != LabelKind::kNumbers; }
  // Whether the last axis of the output counts classes, of which one is right.
  bool has_classes() const { return label_kind == LabelKind::kClassNumber || label_kind == LabelKind::kOneHot; }
};

absl::Span<const Loss> AllLosses();
const Loss* FindLoss(absl::string_view name);  // by its name or alias; null when there is none

// Adds a row of the calling program.  It is called by one thread, before models are built or read, because pointers to
// rows become invalid.
void AddLoss(const Loss& loss);

// The type of the label for an output of the type `output`.  Error: the loss does not accept such an output; the
// message is one sentence.
absl::StatusOr<Type> LabelType(const Loss& loss, const Type& output);

// The op from whose input a quantity with this activation (Loss::activation) is computed, or null if it is computed
// from the output itself.
const Op* ActivationOf(const Op* activation, const Attributes& arguments);

// Why the loss or metric `quantity` does not accept an output that an application of `producer` makes, in one sentence;
// empty if it does.  `producer` is null if the output is an input or a state.
std::string ProducerFault(absl::string_view quantity, const Op* activation, const Attributes& arguments,
                          const Op* producer);

}  // namespace brine::ir

#endif  // BRINE_IR_LOSSES_H_
