/* Philox4x32-10 (Salmon et al., SC 2011): a counter and a key in, four words out, the same on every machine.
 * The project's convention: key = seed, counter = (element, step, id, attempt); a uniform number is (word 0 >> 8) ·
 * 2⁻²⁴, in [0, 1). */
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
double brine_uniform(uint64_t seed, uint32_t element, uint32_t step, uint32_t id);
double brine_truncated_normal(uint64_t seed, uint32_t element, uint32_t id);  // standard normal, cut at two
uint32_t brine_random_id(const char* name);                                   // 32-bit FNV-1a

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_PHILOX_H_
