// Counter-based random numbers, Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011): a
// number depends on key and counter only, so any element can be drawn again, in any order.
//
// Key: the seed's low and high word.  Counter: element index within the whole batch, step, id, attempt.  An id is
// NameId of a parameter's or a layer's name.
#ifndef BRINE_IR_PHILOX_H_
#define BRINE_IR_PHILOX_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace brine::ir {

std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// The first word of a counter as a number in [0, 1): its upper 24 bits, so that it is exact in f32 too.
double PhiloxUniform(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

uint32_t NameId(absl::string_view name);  // 32-bit FNV-1a

}  // namespace brine::ir

#endif  // BRINE_IR_PHILOX_H_
