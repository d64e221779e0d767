#include "runtime/trainer/interleave.h"

#include "runtime/core/cpu.h"

namespace brine {
namespace {

[[gnu::always_inline]] inline void Interleave(const uint8_t* __restrict planes, int64_t count,
                                              uint8_t* __restrict pixels) {
  for (int64_t pixel = 0; pixel < count; ++pixel) {
    pixels[3 * pixel] = planes[pixel];
    pixels[3 * pixel + 1] = planes[count + pixel];
    pixels[3 * pixel + 2] = planes[2 * count + pixel];
  }
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void InterleaveAvx2(const uint8_t* planes, int64_t count, uint8_t* pixels) {
  Interleave(planes, count, pixels);
}

bool HasAvx2() {
  const char* const features[] = {"avx2", nullptr};
  return brine_missing_cpu_features(features, nullptr, 0) == 0;
}
#endif

}  // namespace

void InterleavePlanes(const uint8_t* planes, int64_t count, uint8_t* pixels) {
#if defined(__x86_64__)  // the library is built for every x86-64
  static const bool has_avx2 = HasAvx2();
  if (has_avx2) return InterleaveAvx2(planes, count, pixels);
#endif
  Interleave(planes, count, pixels);
}

}  // namespace brine
