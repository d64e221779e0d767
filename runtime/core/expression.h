/* Evaluates the expressions from which the host computes inputs before a step. */
#ifndef BRINE_RUNTIME_CORE_EXPRESSION_H_
#define BRINE_RUNTIME_CORE_EXPRESSION_H_

#include <stdint.h>

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

// The result of `count` terms, which must be well formed (brine_input.terms), in the step after `steps_done` others.
// `scalars` has the value of each scalar at the index of its input in the function.
double brine_evaluate(const brine_term* terms, int32_t count, const double* scalars, uint64_t steps_done);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_EXPRESSION_H_
