#include "runtime/core/finite.h"

#include <string.h>

namespace {

// An exponent of all ones, as a 32-bit number without the sign, is 0x7f800000 or more.
uint32_t Magnitude(const float* data, int64_t index) {
  uint32_t bits;
  memcpy(&bits, data + index, sizeof(bits));
  return bits & 0x7fffffffu;
}

}  // namespace

int brine_all_finite(const float* data, int64_t count) {
  uint32_t largest = 0;  // a maximum over a block, so that the loop has no branch and runs in vectors
  for (int64_t index = 0; index < count; ++index) {
    const uint32_t magnitude = Magnitude(data, index);
    largest = magnitude > largest ? magnitude : largest;
  }
  return largest < 0x7f800000u;
}

int64_t brine_first_not_finite(const float* data, int64_t count) {
  for (int64_t index = 0; index < count; ++index) {
    if (Magnitude(data, index) >= 0x7f800000u) return index;
  }
  return -1;
}
