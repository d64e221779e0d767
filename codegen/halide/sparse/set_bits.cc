#include "codegen/halide/sparse/set_bits.h"

namespace brine::codegen {

using Halide::Expr;

Expr PackFlags(const std::function<Expr(int flag)>& is_set) {
  Expr bits = 0;
  for (int flag = 0; flag < kFlagsPerByte; ++flag) bits = bits | Halide::select(is_set(flag), 1 << flag, 0);
  return bits;
}

int FlagVectorLanes(int bytes) {
  int lanes = 64;
  while (bytes * kFlagsPerByte % lanes != 0) lanes /= 2;
  return lanes;
}

Expr PackFlagBytes(const std::function<Expr(int flag)>& byte) {
  Expr word = Halide::cast<uint64_t>(byte(0));
  for (int flag = 1; flag < kFlagsPerByte; ++flag)
    word = word | (Halide::cast<uint64_t>(byte(flag)) << Halide::cast<uint64_t>(8 * flag));
  // The factor is Σ 2^(7·(8 − f)) over the flags f.  Byte f is at bit 8·f, so its product with that term has its bit at
  // position 56 + f.  No other product reaches the highest byte, and none carries into it.
  const uint64_t factor = 0x0102040810204080;
  return Halide::cast<int>((word * Halide::Internal::make_const(Halide::UInt(64), factor)) >>
                           Halide::cast<uint64_t>(56));
}

Expr SetBitPosition(const Expr& bits, const Expr& index) {
  static const Halide::Buffer<uint8_t> table = [] {
    Halide::Buffer<uint8_t> positions(kFlagsPerByte, 1 << kFlagsPerByte, "set_bits");
    positions.fill(0);
    for (int byte = 0; byte < 1 << kFlagsPerByte; ++byte) {
      for (int position = 0, found = 0; position < kFlagsPerByte; ++position) {
        if (byte >> position & 1) positions(found++, byte) = static_cast<uint8_t>(position);
      }
    }
    return positions;
  }();
  return table(index, Halide::unsafe_promise_clamped(bits, 0, (1 << kFlagsPerByte) - 1));
}

}  // namespace brine::codegen
