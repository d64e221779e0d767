/* Tests for NaN, infinity and magnitude.  They look at the bits of numbers, so that flags such as -ffast-math, with
 * which a compiler assumes that there is no NaN, cannot remove them. */
#ifndef BRINE_RUNTIME_CORE_FINITE_H_
#define BRINE_RUNTIME_CORE_FINITE_H_

#include <stdint.h>

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

// A limit of which every finite float, and no other, is below.
enum { BRINE_FINITE = 128 };

// Whether the magnitude of every element is below 2^limit, and the index of the first one for which it is not, or −1.
// The magnitude of NaN is below no limit.
int brine_all_below(const float* data, int64_t count, int limit);
int64_t brine_first_not_below(const float* data, int64_t count, int limit);

// brine_all_below, computed on the backend's pool if there are many elements.
int brine_all_below_parallel(const brine_backend* backend, brine_context* context, const float* data, int64_t count,
                             int limit);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_FINITE_H_
