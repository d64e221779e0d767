// Counter-based random numbers: Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC
// 2011).  A number depends on key and counter only, so that elements can be drawn in any order, and drawn again.
//
// Everywhere in Brine, the key is the low and the high word of the seed.  The counter is (index of the element in the
// whole tensor, number of training steps done before, id, attempt), where the id is NameId of a parameter or a layer.
#ifndef BRINE_IR_PHILOX_H_
#define BRINE_IR_PHILOX_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace brine::ir {

std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// A uniform number in [0, 1) made of the upper 24 bits of the first word.  It has no more bits, so that it is exact in
// f32.
double PhiloxUniform(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

uint32_t NameId(absl::string_view name);  // 32-bit FNV-1a

}  // namespace brine::ir

#endif  // BRINE_IR_PHILOX_H_
