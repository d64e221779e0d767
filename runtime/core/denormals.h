/* Makes a thread compute with denormal numbers as zeros.  The core does so during a step, and the threads of a
 * program's pool always do, so that results do not depend on which thread computes them. */
#ifndef BRINE_RUNTIME_CORE_DENORMALS_H_
#define BRINE_RUNTIME_CORE_DENORMALS_H_

#include <stdint.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

// Makes the calling thread treat denormal operands and results as zero.  Returns the former setting for
// brine_restore_denormals.
static inline uint32_t brine_flush_denormals(void) {
#if defined(__SSE2__)
  const uint32_t before = _mm_getcsr();
  _mm_setcsr(before | 0x8040u);  // flush to zero, and denormals are zeros
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

#ifdef __cplusplus
namespace brine {

// While an object of this class lives, denormal numbers count as zero on this thread, as they do on the pool's threads.
class FlushDenormals {
 public:
  FlushDenormals() : before_(brine_flush_denormals()) {}
  ~FlushDenormals() { brine_restore_denormals(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  uint32_t before_;
};

}  // namespace brine
#endif

#endif  // BRINE_RUNTIME_CORE_DENORMALS_H_
