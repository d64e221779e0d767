// Loops over gradients, in a file that is compiled for speed.  The caller makes denormal numbers count as zero
// (denormals.h), as the threads of the program do.
#ifndef BRINE_RUNTIME_CORE_NUMBERS_H_
#define BRINE_RUNTIME_CORE_NUMBERS_H_

#include <stdint.h>

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

void brine_add(const float* numbers, int64_t count, float* target);  // target[i] += numbers[i]

// target[i] = partials[0][first + i] + (partials[1][first + i] + (… + weight · numbers[i])), in which the product and
// each sum are rounded, on the threads of the program.  The target may be `numbers` or the last of the partials, from
// its element `first` on.  Returns whether all of `numbers` are finite.
int brine_sum(const brine_backend* backend, const float* numbers, float weight, int64_t count,
              const float* const* partials, int32_t partial_count, int64_t first, float* target);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_NUMBERS_H_
