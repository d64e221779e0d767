#include "runtime/core/expression.h"

#include <math.h>

namespace {

// An operation of two operands.
double Combine(uint8_t kind, double a, double b) {
  switch (kind) {
    case BRINE_TERM_ADD:
      return a + b;
    case BRINE_TERM_SUB:
      return a - b;
    case BRINE_TERM_MUL:
      return a * b;
    case BRINE_TERM_DIV:
      return a / b;
    case BRINE_TERM_POW:
      return pow(a, b);
    case BRINE_TERM_MIN:
      return fmin(a, b);
    case BRINE_TERM_MAX:
      return fmax(a, b);
  }
  return NAN;
}

}  // namespace

double brine_evaluate(const brine_term* terms, int32_t count, const double* scalars, uint64_t steps_done) {
  double stack[BRINE_MAX_TERMS];
  int depth = 0;
  for (int32_t index = 0; index < count; ++index) {
    const brine_term& term = terms[index];
    switch (term.kind) {
      case BRINE_TERM_CONSTANT:
        stack[depth++] = term.number;
        break;
      case BRINE_TERM_SCALAR:
        stack[depth++] = scalars[term.input];
        break;
      case BRINE_TERM_STEP:
        stack[depth++] = static_cast<double>(steps_done + 1);
        break;
      case BRINE_TERM_SQRT:
        stack[depth - 1] = sqrt(stack[depth - 1]);
        break;
      default:
        --depth;
        stack[depth - 1] = Combine(term.kind, stack[depth - 1], stack[depth]);
    }
  }
  return stack[0];
}
