// An op: one row of ops.def and one `const Op` with schema, shape rule, traits, gradient and interpreter loop.  Its
// Halide algorithm is in codegen/halide/ops.
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

// The arguments of a shape rule and of a cost rule.
struct OpTypes {
  absl::Span<const Type> inputs;
  const Attributes& attributes;
};

// The arguments of an interpreter loop.  Outputs come with their dimensions set and their elements zero.  Loops take
// sizes from these tensors only.
template <typename Real>
struct Evaluation {
  absl::Span<const Tensor<Real>* const> inputs;
  absl::Span<Tensor<Real>> outputs;
  const Attributes& attributes;

  const Tensor<Real>& in(int index) const { return *inputs[static_cast<size_t>(index)]; }
  Tensor<Real>& out(int index = 0) const { return outputs[static_cast<size_t>(index)]; }
};

class GradientBuilder;  // gradient.h

// The kind of an op.  Passes and code generation test this and the traits below instead of listing ops.
enum class OpKind : uint8_t {
  kUnknown,      // no op's; the completeness test refuses it
  kSource,       // reads nothing: constants
  kView,         // the first input's bytes under another type
  kElementwise,  // element i of the output depends on the elements of the inputs that broadcasting maps to i only
  kGather,       // each element is computed from a few elements at other positions
  kReduction,    // sums, maxima and the like along some axes
  kContraction,  // sums of products of two operands: matrix products and convolutions
  kWindow,       // pools: each element of the first output is computed from a window of the input
  kWindowGrad,   // the gradients of pools: the share of each window goes to its elements
  kRandom,       // depends on seed, step and the node's id
  kUpdate,       // an optimizer: elementwise; p', slots' from p, g, slots, scalars
};

// The sum of products that a contraction is.  Passes and code generation test this instead of naming ops: an op with a
// form has that form's operands, attributes and result (kinds.h), and so all strategies for it.  A form is known by its
// address; a program may have forms of its own, with strategies for them.
struct ContractionForm {
  // Which of the images x and y and the kernel w is computed from the other two.
  enum class Convolution : uint8_t {
    kNone,        // the form is no convolution
    kForward,     // y from (x, w)
    kInputGrad,   // x from (y, w)
    kWeightGrad,  // w from (x, y)
  };

  const char* name;  // of the form in options: "conv2d"
  Convolution convolution = Convolution::kNone;
  bool takes_pool = false;  // whether strategies compute a pool of its result in the same kernel
};
inline constexpr ContractionForm kConvolutionForm = {"conv2d", ContractionForm::Convolution::kForward, true};
inline constexpr ContractionForm kConvolutionInputGradForm = {"conv2d_input_grad",
                                                              ContractionForm::Convolution::kInputGrad};
inline constexpr ContractionForm kConvolutionWeightGradForm = {"conv2d_weight_grad",
                                                               ContractionForm::Convolution::kWeightGrad};
inline constexpr ContractionForm kMatrixProductForm = {"matmul"};  // y = a·b; each of a and b may be transposed

// An elementwise op of at most this cost may be computed again wherever its result is read.
inline constexpr int kCheapCost = 2;

struct Op {
  std::string name;                        // "conv2d": file, text, table
  std::string doc;                         // shapes, layouts and the formula, as the reference prints them
  std::vector<std::string> operands = {};  // names of the inputs, for messages
  std::vector<std::string> results = {};   // names of the outputs
  std::vector<AttributeSpec> attributes = {};

  // The last operand repeats: there are at most kMaxInputs inputs, and at least one for each name.  Otherwise there is
  // exactly one for each name.
  bool variadic = false;

  // The types of the outputs.  Errors are one sentence without place, for a user.
  absl::StatusOr<std::vector<Type>> (*infer)(const OpTypes& types) = nullptr;

  // Floating-point operations for `rows` rows: a multiply-add counts two.  Null: none (a copy, a view).
  int64_t (*flops)(const OpTypes& types, absl::Span<const Type> outputs, int64_t rows) = nullptr;

  // Adds the nodes of the input gradients.  Null: not differentiable, for the reason given.
  absl::Status (*gradient)(GradientBuilder& builder) = nullptr;
  std::string not_differentiable = {};

  // The oracle, in double, and the same loop in float as the yardstick for rounding.
  void (*interpret)(const Evaluation<double>& evaluation) = nullptr;
  void (*interpret_f32)(const Evaluation<float>& evaluation) = nullptr;

  OpKind kind = OpKind::kUnknown;
  int cost = 1;  // operations per element, excluding the reduction loop itself

  const ContractionForm* form = nullptr;  // of a contraction; null: one that only *generic* builds

  // Traits.  Each is false where nothing is known.  ir/kinds.h reads what the first one promises.
  bool reduces_axes = false;  // a reduction over the axes of its operand that an attribute names
  bool sum = false;           // one of these: its result is the sum of the elements along those axes
  bool adds = false;          // f(a, b) = a + b
  bool commutative = false;   // f(a, b) = f(b, a)
  bool monotone = false;  // a ≤ b makes f(a, …) ≤ f(b, …), so that max(f(a, …), f(b, …)) = f(max(a, b), …)
  bool has_kink = false;          // f or its slope may jump where the first input is 0 or equal to the second one
  bool makes_zeros = false;       // many elements of the first output are 0
  bool selects_positive = false;  // f(a, b) = a where b > 0, else 0
  bool picks_maximum = false;     // each element of the first output is the largest of some elements of the first input
  bool keeps_pixel_sums = false;  // Σ over the pixels of an image is that of the first operand, in each channel
  bool pointwise = false;         // random op: elementwise in its operands but the last two, seed and step
  int argmax_operand = -1;        // of a pool's gradient: each dy goes to the one cell that this operand names
  int in_training = -1;           // in training, this operand replaces the node's result; −1: nothing does
  int outside_training = -1;      // the same in evaluation and prediction
  bool ends_shard = false;        // a view: nodes before it work on a shard of the batch, those after it on the batch
  // Of an update: it averages squares of g, which must not overflow.
  bool squares_gradient = false;

  bool is_source() const { return kind == OpKind::kSource; }
  bool is_update() const { return kind == OpKind::kUpdate; }
  bool is_view() const { return kind == OpKind::kView; }
  // Element i of each output depends only on i, on the elements of the inputs that broadcasting maps to i, and on
  // inputs that are the same for all elements.
  bool is_elementwise() const { return kind == OpKind::kElementwise || kind == OpKind::kUpdate || pointwise; }
  bool reads_elementwise(int input) const {
    return pointwise ? input + 2 < static_cast<int>(operands.size()) : is_elementwise();
  }
  // Each element is a loop over other elements, so it must not be computed twice.
  bool is_reduction_loop() const {
    return kind == OpKind::kReduction || kind == OpKind::kContraction || kind == OpKind::kWindow ||
           kind == OpKind::kWindowGrad;
  }
  const AttributeSpec* FindAttribute(absl::string_view attribute) const;
  std::string InputName(size_t index) const;  // for messages: "x", of a repeated operand "x[2]"
};

absl::Span<const Op* const> AllOps();      // in the order of ops.def
const Op* FindOp(absl::string_view name);  // null when there is none

// Why passes and code generation, which rely on the operands and attributes of the op's kind and traits (ir/kinds.h),
// could not use the op, as a clause; empty if they can.
std::string KindFault(const Op& op);

// Makes an op of the calling program known by its name, which must be new; KindFault must find nothing.  Called by one
// thread, before graphs are read; `op` must outlive them.
void AddOp(const Op& op);

// Checks the attributes against the op's schema and fills in defaults; errors name the attribute.
absl::Status CompleteAttributes(const Op& op, Attributes& attributes);

// Number of inputs, attributes, then the op's own rule, then limits of type.h on each output.
absl::StatusOr<std::vector<Type>> InferTypes(const Op& op, absl::Span<const Type> inputs, const Attributes& attributes);

#define BRINE_OP(name, constant) extern const Op constant;
#include "ir/ops.def"

}  // namespace brine::ir

#endif  // BRINE_IR_OP_H_
