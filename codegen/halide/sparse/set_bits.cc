#include "codegen/halide/sparse/set_bits.h"

namespace brine::codegen {

using Halide::Expr;

namespace {

constexpr int kWidestLoad = 64;  // bytes

}  // namespace

Expr Bits(const std::function<Expr(int flag)>& is_set) {
  Expr bits = 0;
  for (int flag = 0; flag < kFlags; ++flag) bits = bits | Halide::select(is_set(flag), 1 << flag, 0);
  return bits;
}

int FlagLanes(int bytes) {
  int lanes = kWidestLoad;
  while (bytes * kFlags % lanes != 0) lanes /= 2;
  return lanes;
}

Expr BitsOfBytes(const std::function<Expr(int flag)>& byte) {
  Expr word = Halide::cast<uint64_t>(byte(0));
  for (int flag = 1; flag < kFlags; ++flag)
    word = word | (Halide::cast<uint64_t>(byte(flag)) << Halide::cast<uint64_t>(8 * flag));
  // Byte f times 2^(7·(8 − f)) has its bit at position 56 + f.  No other product reaches the highest byte, and none
  // carries into it.
  const uint64_t factor = 0x0102040810204080;
  return Halide::cast<int>((word * Halide::Internal::make_const(Halide::UInt(64), factor)) >>
                           Halide::cast<uint64_t>(56));
}

Expr SetBit(const Expr& bits, const Expr& index) {
  static const Halide::Buffer<uint8_t> table = [] {
    Halide::Buffer<uint8_t> places(kFlags, 1 << kFlags, "set_bits");
    places.fill(0);
    for (int byte = 0; byte < 1 << kFlags; ++byte) {
      for (int place = 0, found = 0; place < kFlags; ++place) {
        if (byte >> place & 1) places(found++, byte) = static_cast<uint8_t>(place);
      }
    }
    return places;
  }();
  return table(index, Halide::unsafe_promise_clamped(bits, 0, (1 << kFlags) - 1));
}

}  // namespace brine::codegen
