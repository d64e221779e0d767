/* How a thread computes with denormal numbers: the core and the threads of a program agree on it. */
#ifndef BRINE_RUNTIME_CORE_DENORMALS_H_
#define BRINE_RUNTIME_CORE_DENORMALS_H_

#include <stdint.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

// From now on denormal numbers count as zero on the calling thread.  Returns its former setting.
static inline uint32_t brine_flush_denormals(void) {
#if defined(__SSE2__)
  const uint32_t before = _mm_getcsr();
  _mm_setcsr(before | 0x8040u);
  return before;
#else
  return 0;
#endif
}

static inline void brine_restore_denormals(uint32_t before) {
#if defined(__SSE2__)
  _mm_setcsr(before);
#else
  (void)before;
#endif
}

#endif  // BRINE_RUNTIME_CORE_DENORMALS_H_
