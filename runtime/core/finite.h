/* Tests for NaN and infinity on the bits, which no compiler flag can fold away. */
#ifndef BRINE_RUNTIME_CORE_FINITE_H_
#define BRINE_RUNTIME_CORE_FINITE_H_

#include <stdint.h>

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

int brine_all_finite(const float* data, int64_t count);
int64_t brine_first_not_finite(const float* data, int64_t count);  // −1 when all are finite

// The same as brine_all_finite, on the backend's pool.
int brine_all_finite_parallel(const brine_backend* backend, brine_context* context, const float* data, int64_t count);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_FINITE_H_
