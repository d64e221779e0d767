// Lists of the flags that are set, eight at a time: of a byte of them, a table knows the places, and the next byte's go
// behind those that count.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_SET_BITS_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_SET_BITS_H_

#include <functional>

#include "codegen/halide_pch.h"

namespace brine::codegen {

inline constexpr int kFlags = 8;  // of a byte

// Which of eight flags are set, as the bits of an int, the first one lowest.  For flags that lie in different vectors.
Halide::Expr Bits(const std::function<Halide::Expr(int flag)>& is_set);

// How many flags as bytes to make at once, of some bytes' worth of them.  They are read again right away, and a load
// that is wider than the store in front of it waits until that has reached the cache: so as many as a load may want.
int FlagLanes(int bytes);

// The same for eight bytes behind each other that are 0 or 1: read as one word, and multiplied into its highest byte.
Halide::Expr BitsOfBytes(const std::function<Halide::Expr(int flag)>& byte);

// The place of set bit `index` of `bits`, as a u8; behind the last one, 0.
Halide::Expr SetBit(const Halide::Expr& bits, const Halide::Expr& index);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_SET_BITS_H_
