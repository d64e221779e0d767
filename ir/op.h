// What an op is: one row of ops.def, one `const Op` in ops/<name>.cc with schema, shape rule, cost, gradient and
// interpreter loop. Its other half, the Halide algorithm, is codegen/ops/<name>.cc.
#ifndef BRINE_IR_OP_H_
#define BRINE_IR_OP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ir/attributes.h"
#include "ir/graph.h"
#include "ir/tensor.h"
#include "ir/type.h"

namespace brine::ir {

// What a shape rule and a cost rule see.
struct OpTypes {
  absl::Span<const Type> inputs;
  const Attributes& attributes;
};

// What an interpreter loop sees.  Outputs come with their dimensions set and their elements zero.  Loops take sizes
// from these tensors only.
template <typename Real>
struct Evaluation {
  absl::Span<const Tensor<Real>* const> inputs;
  absl::Span<Tensor<Real>> outputs;
  const Attributes& attributes;

  const Tensor<Real>& in(int index) const { return *inputs[static_cast<size_t>(index)]; }
  Tensor<Real>& out(int index = 0) const { return outputs[static_cast<size_t>(index)]; }
};

class GradientBuilder;  // gradient.h

struct Op {
  std::string name;                   // "conv2d": file, text, table
  std::string doc;                    // shapes, layouts and the formula, as the reference prints them
  std::vector<std::string> operands;  // names of the inputs, for messages: their number is fixed
  std::vector<std::string> results;   // names of the outputs
  std::vector<AttributeSpec> attributes;
  absl::StatusOr<std::vector<Type>> (*infer)(
      const OpTypes& types);  // errors are one sentence without place, for a user

  // Floating-point operations for `rows` rows: a multiply-add counts two.  Null: none (a copy, a view).
  int64_t (*flops)(const OpTypes& types, absl::Span<const Type> outputs, int64_t rows) = nullptr;

  // Adds the nodes of the input gradients.  Null: not differentiable, for the reason given.
  absl::Status (*gradient)(GradientBuilder& builder) = nullptr;
  std::string not_differentiable = {};

  // The oracle, in double, and the same loop in float as the yardstick for rounding.
  void (*interpret)(const Evaluation<double>& evaluation) = nullptr;
  void (*interpret_f32)(const Evaluation<float>& evaluation) = nullptr;

  bool elementwise =
      false;  // output element i depends on input elements that broadcasting maps to i, and on nothing else
  bool training_only = false;  // evaluation and prediction replace the node by its first input
  bool view = false;           // the output is the first input's bytes under another type

  const AttributeSpec* FindAttribute(absl::string_view attribute) const;
};

absl::Span<const Op* const> AllOps();      // in the order of ops.def
const Op* FindOp(absl::string_view name);  // null when there is none

// Checks the attributes against the op's schema and fills in defaults; errors name the attribute.
absl::Status CompleteAttributes(const Op& op, Attributes& attributes);

// Number of inputs, attributes, then the op's own rule, then limits of type.h on each output.
absl::StatusOr<std::vector<Type>> InferTypes(const Op& op, absl::Span<const Type> inputs, const Attributes& attributes);

#define BRINE_OP(name, constant) extern const Op constant;
#include "ir/ops.def"
#undef BRINE_OP

}  // namespace brine::ir

#endif  // BRINE_IR_OP_H_
