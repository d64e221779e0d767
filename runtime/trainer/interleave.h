// The pixels of an image whose colours are stored one after another.
#ifndef BRINE_RUNTIME_TRAINER_INTERLEAVE_H_
#define BRINE_RUNTIME_TRAINER_INTERLEAVE_H_

#include <cstdint>

namespace brine {

// Makes pixels of three bytes from three planes of `count` bytes each.  Every step reads images so; the file is
// compiled for speed.
void InterleavePlanes(const uint8_t* planes, int64_t count, uint8_t* pixels);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_INTERLEAVE_H_
