#include "runtime/core/expression.h"

#include <math.h>

namespace {

int Arity(uint8_t kind) {
  switch (kind) {
    case BRINE_TERM_CONSTANT:
    case BRINE_TERM_SCALAR:
    case BRINE_TERM_STEP:
    case BRINE_TERM_ROWS:
    case BRINE_TERM_OUTPUT:
    case BRINE_TERM_NEXT:
      return 0;
    case BRINE_TERM_SQRT:
    case BRINE_TERM_EXP:
    case BRINE_TERM_LOG:
    case BRINE_TERM_COS:
    case BRINE_TERM_FLOOR:
      return 1;
    case BRINE_TERM_SELECT:
    case BRINE_TERM_Q_POCHHAMMER:
      return 3;
  }
  return 2;
}

// The factors from the first one that rounds to 1 do not change the product.
double QPochhammer(double a, double q, double n) {
  if (!(q >= 0 && q <= BRINE_MAX_Q && fabs(a) <= 1)) return NAN;
  double product = 1, term = a;
  for (double k = 0; k < n && 1 - term != 1; ++k, term *= q) product *= 1 - term;
  return product;
}

// An operation on its operands.
double Apply(uint8_t kind, const double* operands) {
  const double a = operands[0];
  switch (kind) {
    case BRINE_TERM_ADD:
      return a + operands[1];
    case BRINE_TERM_SUB:
      return a - operands[1];
    case BRINE_TERM_MUL:
      return a * operands[1];
    case BRINE_TERM_DIV:
      return a / operands[1];
    case BRINE_TERM_POW:
      return pow(a, operands[1]);
    case BRINE_TERM_MIN:
      return fmin(a, operands[1]);
    case BRINE_TERM_MAX:
      return fmax(a, operands[1]);
    case BRINE_TERM_SQRT:
      return sqrt(a);
    case BRINE_TERM_EXP:
      return exp(a);
    case BRINE_TERM_LOG:
      return log(a);
    case BRINE_TERM_COS:
      return cos(a);
    case BRINE_TERM_FLOOR:
      return floor(a);
    case BRINE_TERM_LESS:
      return a < operands[1] ? 1 : 0;
    case BRINE_TERM_SELECT:
      return a != 0 ? operands[1] : operands[2];
    case BRINE_TERM_Q_POCHHAMMER:
      return QPochhammer(a, operands[1], operands[2]);
  }
  return NAN;
}

// `leaf` returns the value of a term that is neither a constant nor an operation.
template <typename Leaf>
double Evaluate(const brine_term* terms, int32_t count, const Leaf& leaf) {
  double stack[BRINE_MAX_TERMS];
  int depth = 0;
  for (int32_t index = 0; index < count; ++index) {
    const brine_term& term = terms[index];
    const int arity = Arity(term.kind);
    depth -= arity;
    stack[depth] = arity > 0                          ? Apply(term.kind, stack + depth)
                   : term.kind == BRINE_TERM_CONSTANT ? term.number
                                                      : leaf(term);
    ++depth;
  }
  return stack[0];
}

}  // namespace

double brine_evaluate(const brine_term* terms, int32_t count, const double* scalars, uint64_t steps_done) {
  return Evaluate(terms, count, [&](const brine_term& term) {
    return term.kind == BRINE_TERM_SCALAR ? scalars[term.input] : static_cast<double>(steps_done + 1);
  });
}

double brine_evaluate_result(const brine_function* function, const brine_result* result, const double* const* sums,
                             int64_t rows) {
  double sum = 0;
  for (int32_t summand = 0; summand < result->summands; ++summand) {
    sum += Evaluate(result->terms, result->term_count, [&](const brine_term& term) {
      if (term.kind == BRINE_TERM_ROWS) return static_cast<double>(rows);
      if (term.kind == BRINE_TERM_NEXT) return sums[term.input][summand + 1];
      const brine_value& value = function->values[function->outputs[term.input].value];
      return sums[term.input][value.rank == 0 || value.dims[0] == 1 ? 0 : summand];
    });
  }
  return sum;
}
