// The optimizers, by Keras's names: one table.
//
// An optimizer updates each parameter by an op: p', slots' = op(p, g, slots…, operands…).  The slots are in the order
// in which the rule names them; operands are numbers that the host fills.
#ifndef BRINE_IR_OPTIMIZERS_H_
#define BRINE_IR_OPTIMIZERS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ir/arguments.h"
#include "ir/graph.h"
#include "ir/op.h"

namespace brine::ir {

// The expression for the scalar of a name.
using ScalarLookup = std::function<Expression(absl::string_view name)>;

// A number that the update reads: the scalar of this name, or an expression over scalars.
struct UpdateOperand {
  std::string name;
  Expression (*expression)(const ScalarLookup& scalar) = nullptr;  // null: the scalar itself
};

struct UpdateRule {
  const Op* op;
  std::vector<std::string> slots = {};       // states "optimizer/<slot>/<parameter>", which begin at 0
  std::vector<std::string> scalars = {};     // the arguments that may change between steps: inputs of these names
  std::vector<UpdateOperand> operands = {};  // in the op's order
  std::vector<std::string> attributes = {};  // the arguments that decide what is compiled: the op's attributes
  bool (*applies)(const Attributes& arguments) = nullptr;  // null: always
};

struct Optimizer {
  std::string name;
  std::vector<Argument> arguments;
  std::vector<UpdateRule> rules;  // the first that applies is the optimizer's
};

absl::Span<const Optimizer> AllOptimizers();
const Optimizer* FindOptimizer(absl::string_view name);  // null when there is none

// The rule for these arguments, which may be incomplete.
const UpdateRule& RuleOf(const Optimizer& optimizer, const Attributes& arguments);

}  // namespace brine::ir

#endif  // BRINE_IR_OPTIMIZERS_H_
