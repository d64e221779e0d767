// Lists of the flags that are set, made eight at a time and without branches.  For a byte of flags, a table gives the
// positions of its set bits.  All eight entries are written, and the next byte's entries overwrite those past the
// number of set bits.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_SET_BITS_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_SET_BITS_H_

#include <functional>

#include "codegen/halide/precompiled.h"

namespace brine::codegen {

inline constexpr int kFlags = 8;  // in a byte

// Eight flags as the bits of an int, the first one lowest.  For flags that lie in different vectors.
Halide::Expr Bits(const std::function<Halide::Expr(int flag)>& is_set);

// How many flags, stored as bytes, to make at once, if there are `bytes` bytes of bits.  The flags are read again right
// away, and a load that is wider than the preceding store waits until the store has reached the cache.  So this is the
// widest store that divides their number.
int FlagLanes(int bytes);

// The same for eight contiguous bytes that are 0 or 1: they are read as one word, and a multiplication gathers them
// into its highest byte.
Halide::Expr BitsOfBytes(const std::function<Halide::Expr(int flag)>& byte);

// The position of set bit `index` of `bits`, as a u8; past the last set bit, 0.
Halide::Expr SetBit(const Halide::Expr& bits, const Halide::Expr& index);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_SET_BITS_H_
