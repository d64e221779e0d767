// Host expressions: before each step the host computes them in double from the step's number and from named scalars,
// and rounds each to float once.
//
//   input %learning_rate : f32[] scalar 0.001
//   input %beta_2 : f32[] scalar 0.999
//   input %rate : f32[] expression mul(%learning_rate, sqrt(sub(1.0, pow(%beta_2, t))))
//
// t is the number of the step that is about to run; the first one is 1.  A scalar may have any value of a double; it is
// rounded only where a node reads it.
#ifndef BRINE_IR_EXPRESSION_H_
#define BRINE_IR_EXPRESSION_H_

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "ir/graph.h"

namespace brine::ir {

Expression Constant(double number);
Expression ScalarOf(ValueId scalar);
Expression StepNumber();  // t
Expression Apply(TermKind operation, std::initializer_list<Expression> operands);

int Arity(TermKind kind);                                  // 0: a number
absl::string_view TermName(TermKind kind);                 // "add", …; "t"; empty: a constant or a scalar
std::optional<TermKind> FindTerm(absl::string_view name);  // of an operation, or t

// The text form: "mul(%learning_rate, 2.0)".  Missing operands are `?`; surplus results follow one another.
std::string ToString(const Graph& graph, const Expression& expression);

// What is wrong with an expression, apart from its scalars, in one sentence; or nothing.
std::string ExpressionFault(const Expression& expression);

// The value for the step after `steps_done` others.  `scalar` gives the values of the scalars.
double Evaluate(const Expression& expression, int64_t steps_done, const std::function<double(ValueId)>& scalar);

}  // namespace brine::ir

#endif  // BRINE_IR_EXPRESSION_H_
