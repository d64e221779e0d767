/* Philox4x32-10 (Salmon et al., SC 2011), which computes four random words from a counter and a key, the same on every
 * machine.  In Brine the key is the seed, and the counter is (index of the element, number of steps done, id, attempt).
 * ir/philox.h and the kernels compute the same numbers. */
#ifndef BRINE_RUNTIME_CORE_PHILOX_H_
#define BRINE_RUNTIME_CORE_PHILOX_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct brine_random {
  uint32_t word[4];
} brine_random;

brine_random brine_philox(uint64_t seed, uint32_t element, uint32_t step, uint32_t id, uint32_t attempt);

// ⌊word 0 / 2⁸⌋ · 2⁻²⁴ of attempt 0, which is in [0, 1).
double brine_uniform(uint64_t seed, uint32_t element, uint32_t step, uint32_t id);

// A number of the standard normal distribution (Box and Muller 1958).
double brine_normal(uint64_t seed, uint32_t element, uint32_t id, uint32_t attempt);

// The same, drawn again with the next attempt until its magnitude is at most 2.
double brine_truncated_normal(uint64_t seed, uint32_t element, uint32_t id);

uint32_t brine_random_id(const char* name);  // the id of a variable or a layer: 32-bit FNV-1a of its name

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_PHILOX_H_
