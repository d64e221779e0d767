/* Evaluates the expressions from which the host computes inputs before a step. */
#ifndef BRINE_RUNTIME_CORE_EXPRESSION_H_
#define BRINE_RUNTIME_CORE_EXPRESSION_H_

#include <stdint.h>

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BRINE_MAX_Q 0.99

// The result of `count` terms, which must be well formed (brine_input.terms), in the step after `steps_done` others.
// `scalars` has the value of each scalar, and of each expression before this one, at the index of its input in the
// function.
//
// The q-Pochhammer symbol (a; q)ₙ is Π (1 − a·qᵏ) over k from 0 to n − 1; it is NaN unless |a| ≤ 1 and 0 ≤ q ≤
// BRINE_MAX_Q.
double brine_evaluate(const brine_term* terms, int32_t count, const double* scalars, uint64_t steps_done);

// A result of the function after `rows` rows.  sums[k] has the elements of the function's output k, if it is a
// BRINE_SUM, added up over the batches.
double brine_evaluate_result(const brine_function* function, const brine_result* result, const double* const* sums,
                             int64_t rows);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_EXPRESSION_H_
