// Loops over gradients, in a file that is compiled for speed.
#ifndef BRINE_RUNTIME_CORE_NUMBERS_H_
#define BRINE_RUNTIME_CORE_NUMBERS_H_

#include <stdint.h>

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

// target[i] = weight · numbers[i], and target[i] += numbers[i].
void brine_scale(const float* numbers, float weight, int64_t count, float* target);
void brine_add(const float* numbers, int64_t count, float* target);
// The same on the threads of the program.
void brine_scale_parallel(const brine_backend* backend, const float* numbers, float weight, int64_t count,
                          float* target);
void brine_add_parallel(const brine_backend* backend, const float* numbers, int64_t count, float* target);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_NUMBERS_H_
