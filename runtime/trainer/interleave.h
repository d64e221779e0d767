// The pixels of an image whose colours are stored one after another.
#ifndef BRINE_RUNTIME_TRAINER_INTERLEAVE_H_
#define BRINE_RUNTIME_TRAINER_INTERLEAVE_H_

#include <cstdint>

namespace brine {

// The bytes of a plane of 32×32 pixels.  With a constant, the loop is vectorized at -O2.
inline constexpr int64_t kPlaneBytes = 32 * 32;

// Makes pixels of three bytes from three planes.  Every step reads images so; the file is compiled for speed.
void InterleavePlanes(const uint8_t* planes, uint8_t* pixels);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_INTERLEAVE_H_
