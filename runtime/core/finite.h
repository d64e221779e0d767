/* Tests for NaN, infinity and magnitude on the bits, which no compiler flag can fold away. */
#ifndef BRINE_RUNTIME_CORE_FINITE_H_
#define BRINE_RUNTIME_CORE_FINITE_H_

#include <stdint.h>

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

// Limits are exponents: whether every magnitude is below 2^limit, which no NaN is.
enum { BRINE_FINITE = 128 };

int brine_all_below(const float* data, int64_t count, int limit);
int64_t brine_first_not_below(const float* data, int64_t count, int limit);  // −1 when all are

// The same as brine_all_below, on the backend's pool.
int brine_all_below_parallel(const brine_backend* backend, brine_context* context, const float* data, int64_t count,
                             int limit);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_FINITE_H_
