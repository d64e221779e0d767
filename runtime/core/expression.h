/* What the host computes before a step from scalars and the step's number. */
#ifndef BRINE_RUNTIME_CORE_EXPRESSION_H_
#define BRINE_RUNTIME_CORE_EXPRESSION_H_

#include <stdint.h>

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

// `scalars` by input of the function.
double brine_evaluate(const brine_term* terms, int32_t count, const double* scalars, uint64_t steps_done);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_EXPRESSION_H_
