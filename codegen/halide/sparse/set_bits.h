// The positions of set flags, eight flags at a time and without branches.  Eight flags are packed into the bits of a
// byte, and a table gives the positions of the set bits of each byte.
#ifndef BRINE_CODEGEN_HALIDE_SPARSE_SET_BITS_H_
#define BRINE_CODEGEN_HALIDE_SPARSE_SET_BITS_H_

#include <functional>

#include "codegen/halide/precompiled.h"

namespace brine::codegen {

inline constexpr int kFlagsPerByte = 8;

// Eight flags, which may lie in different vectors, as the bits 0, …, 7 of an int.
Halide::Expr PackFlags(const std::function<Halide::Expr(int flag)>& is_set);

// Eight flags that are contiguous bytes in memory, each 0 or 1, as the bits 0, …, 7 of an int.  They are read as one
// word, and a multiplication gathers them into its highest byte.
Halide::Expr PackFlagBytes(const std::function<Halide::Expr(int flag)>& byte);

// The number of lanes of the vectors in which flags for PackFlagBytes are stored, if there are `bytes` words of eight.
// The words are read right after they have been stored, and a load that is wider than the preceding stores has to wait
// until these have reached the cache.  So this is the widest store, up to 64 bytes, that divides the number of flags.
int FlagVectorLanes(int bytes);

// The position of set bit `index`, counted from the lowest one, of the eight bits `bits`, as a u8.  Past the last set
// bit it is 0.
Halide::Expr SetBitPosition(const Halide::Expr& bits, const Halide::Expr& index);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_SPARSE_SET_BITS_H_
