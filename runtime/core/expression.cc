#include "runtime/core/expression.h"

#include <math.h>

namespace {

int Arity(uint8_t kind) {
  switch (kind) {
    case BRINE_TERM_CONSTANT:
    case BRINE_TERM_SCALAR:
    case BRINE_TERM_STEP:
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

}  // namespace

double brine_evaluate(const brine_term* terms, int32_t count, const double* scalars, uint64_t steps_done) {
  double stack[BRINE_MAX_TERMS];
  int depth = 0;
  for (int32_t index = 0; index < count; ++index) {
    const brine_term& term = terms[index];
    double result;
    switch (term.kind) {
      case BRINE_TERM_CONSTANT:
        result = term.number;
        break;
      case BRINE_TERM_SCALAR:
        result = scalars[term.input];
        break;
      case BRINE_TERM_STEP:
        result = static_cast<double>(steps_done + 1);
        break;
      default:
        depth -= Arity(term.kind);
        result = Apply(term.kind, stack + depth);
    }
    stack[depth++] = result;
  }
  return stack[0];
}
