// Host expressions.  Before each step the host computes them in double from the number of the step and from named
// scalars, and rounds each result to float once.
//
//   input %learning_rate : f32[] scalar 0.001
//   input %beta_2 : f32[] scalar 0.999
//   input %rate : f32[] expression mul(%learning_rate, sqrt(sub(1.0, pow(%beta_2, t))))
//
// After some batches it computes results from sums over their rows:
//
//   result "precision" = div("precision.true_positives", max("precision.predicted_positives", 1e-30))
//
// t is the number of the step that is about to run, counted from 1.  An expression reads scalars and the results of
// expressions before it.  All of these are doubles, and are rounded to float only where a node of the graph reads them.
//
//   less(a, b)             1 if a < b, else 0; 0 if one of them is NaN
//   select(a, b, c)        b if a is not 0, else c
//   q_pochhammer(a, q, n)  Π (1 − a·qᵏ) over k from 0 to n − 1, the q-Pochhammer symbol (a; q)ₙ.  Products of factors
//                          that tend to 1 from step to step have no elementary closed form; this one needs no state.
//                          It is NaN unless |a| ≤ 1 and 0 ≤ q ≤ kMaxQ, which bounds the number of factors that differ
//                          from 1
#ifndef BRINE_IR_EXPRESSION_H_
#define BRINE_IR_EXPRESSION_H_

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "ir/graph.h"

namespace brine::ir {

inline constexpr double kMaxQ = 0.99;

Expression Constant(double number);
Expression ScalarOf(ValueId scalar);  // or the result of another expression
Expression StepNumber();              // t
Expression RowCount();                // rows
Expression ElementOf(int32_t output);
Expression NextElementOf(int32_t output);
// part / whole, which must not be negative; 0 if both are 0.
Expression Share(const Expression& part, const Expression& whole);
Expression Apply(TermKind operation, std::initializer_list<Expression> operands);

int Arity(TermKind kind);                   // the number of operands; 0 for a constant, a scalar and t
absl::string_view TermName(TermKind kind);  // "add" and so on for an operation, "t"; empty for a constant or a scalar
std::optional<TermKind> FindTerm(absl::string_view name);  // the kind that has this TermName

// The text form: "mul(%learning_rate, 2.0)".  This also prints expressions that ExpressionFault refuses: a missing
// operand is printed as `?`, and several results are printed one after another.
std::string ToString(const Graph& graph, const Expression& expression);

// Why the expression is not well formed, in one sentence, or an empty string if it is.  Whether its scalars are inputs
// of the graph is not checked.
std::string ExpressionFault(const Expression& expression);

// The value of the expression in the step that follows `steps_done` others.  `scalar` returns the value of a scalar, or
// of another expression.
double Evaluate(const Expression& expression, int64_t steps_done, const std::function<double(ValueId)>& scalar);

// The value of a result after `rows` rows.  `element` returns an element of the sum that an output is.
double Evaluate(const Result& result, int64_t rows,
                const std::function<double(int32_t output, int64_t index)>& element);

}  // namespace brine::ir

#endif  // BRINE_IR_EXPRESSION_H_
