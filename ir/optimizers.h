// The table of optimizers, by Keras's names.
//
// An optimizer updates each parameter p with gradient g by an op: p', slots' = op(p, g, slots…, operands…).  The slots
// are in the order in which the rule names them.  The operands are f32[] inputs of the graph, which the host fills.
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

// Returns the expression that is the scalar of this name.
using ScalarLookup = std::function<Expression(absl::string_view name)>;

// A number that the update reads: the scalar `name`, or the result of an expression, whose input is called `name`.
struct UpdateOperand {
  std::string name;
  Expression (*expression)(const ScalarLookup& scalar) = nullptr;  // null: the operand is the scalar
};

struct UpdateRule {
  const Op* op;
  std::vector<std::string> slots = {};       // each is a state "optimizer/<slot>/<parameter>", which begins at 0
  std::vector<std::string> scalars = {};     // arguments that may change between steps; each is an input of its name
  std::vector<UpdateOperand> operands = {};  // in the op's order
  std::vector<std::string> attributes = {};  // arguments that decide what is compiled; each is an attribute of the op
  bool (*applies)(const Attributes& arguments) = nullptr;  // null: the rule always applies
};

struct Optimizer {
  std::string name;
  std::vector<Argument> arguments;
  std::vector<UpdateRule> rules;  // the first one that applies is used
};

absl::Span<const Optimizer> AllOptimizers();
const Optimizer* FindOptimizer(absl::string_view name);  // null when there is none

// Adds a row of the calling program.  It is called by one thread, before models are built or read, because pointers to
// rows become invalid.
void AddOptimizer(const Optimizer& optimizer);

// The first rule that applies to the arguments, which may lack some of the optimizer's.
const UpdateRule& RuleOf(const Optimizer& optimizer, const Attributes& arguments);

}  // namespace brine::ir

#endif  // BRINE_IR_OPTIMIZERS_H_
