#include "runtime/trainer/interleave.h"

#include "runtime/core/cpu.h"

namespace brine {
namespace {

[[gnu::always_inline]] inline void Interleave(const uint8_t* __restrict planes, uint8_t* __restrict pixels) {
  for (int64_t pixel = 0; pixel < kPlaneBytes; ++pixel) {
    pixels[3 * pixel] = planes[pixel];
    pixels[3 * pixel + 1] = planes[kPlaneBytes + pixel];
    pixels[3 * pixel + 2] = planes[2 * kPlaneBytes + pixel];
  }
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void InterleaveAvx2(const uint8_t* planes, uint8_t* pixels) { Interleave(planes, pixels); }
#endif

}  // namespace

void InterleavePlanes(const uint8_t* planes, uint8_t* pixels) {
#if defined(__x86_64__)  // the library is built for every x86-64
  if (brine_has_avx2() != 0) return InterleaveAvx2(planes, pixels);
#endif
  Interleave(planes, pixels);
}

}  // namespace brine
