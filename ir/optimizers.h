// The table of optimizers, by Keras's names.
//
// An optimizer updates each parameter p with gradient g by an op: p', slots' = op(p, g, slots…, operands…).  The slots
// are in the order in which the rule names them.  The operands are f32[] inputs of the graph, which the host fills.
// Every optimizer also takes the arguments of SharedArguments(), which passes/add_optimizer.h turns into nodes around
// the op.
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

// A state "optimizer/<name>/<parameter>" of the type of the parameter.
struct UpdateSlot {
  std::string name;
  std::string initial = {};  // the argument that is its content at first; empty: it begins at 0
};

struct UpdateRule {
  const Op* op;
  std::vector<UpdateSlot> slots = {};
  std::vector<std::string> scalars = {};     // arguments that may change between steps; each is an input of its name
  std::vector<UpdateOperand> operands = {};  // in the op's order
  std::vector<std::string> attributes = {};  // arguments that decide what is compiled; each is an attribute of the op
  bool (*applies)(const Attributes& arguments) = nullptr;  // null: the rule always applies
};

struct Optimizer {
  std::string name;
  std::vector<Argument> arguments;  // a shared argument may be here, with a default of its own
  std::vector<UpdateRule> rules;    // the first one that applies is used
};

// The learning rate: a scalar, or, if the model has an input of this name from an expression, a schedule.
inline constexpr char kLearningRate[] = "learning_rate";

// weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema and ema_momentum, which are part of the arguments of
// every row.  0 stands for no decay and no clipping.
const std::vector<Argument>& SharedArguments();

// The value of an argument of the optimizer, which is its default if `given` does not have it.
AttributeValue ArgumentOf(const Optimizer& optimizer, const Attributes& given, absl::string_view name);

// Why the arguments exclude each other, in one sentence; empty if they do not.
std::string ConflictOf(const Attributes& given);

absl::Span<const Optimizer> AllOptimizers();
const Optimizer* FindOptimizer(absl::string_view name);  // null when there is none

// Adds a row of the calling program; the shared arguments that it lacks are added to it.  It is called by one thread,
// before models are built or read, because pointers to rows become invalid.
void AddOptimizer(const Optimizer& optimizer);

// The first rule that applies to the arguments, which may lack some of the optimizer's.
const UpdateRule& RuleOf(const Optimizer& optimizer, const Attributes& arguments);

}  // namespace brine::ir

#endif  // BRINE_IR_OPTIMIZERS_H_
