#include "codegen/halide/sparse/pixel_lists.h"

#include <algorithm>

#include "codegen/halide/sparse/set_bits.h"

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

PixelLists::PixelLists(int channels, const Takes& takes)
    : channels_(channels),
      bytes_(CeilDiv(channels, kFlags)),
      entry_(Halide::UInt(channels < 256 ? 8 : 16)),
      byte_(0, bytes_, "byte"),
      put_(0, kFlags, 0, bytes_, "put") {
  const auto flag = [&](const Expr& channel) { return Halide::cast<uint8_t>(takes(channel, list_, x_, y_, n_)); };
  if (channels % kFlags == 0) {
    taken_(c_, list_, x_, y_, n_) = flag(c_);
  } else {
    each_ = RDom(0, channels, "each");
    taken_(c_, list_, x_, y_, n_) = Halide::cast<uint8_t>(0);
    taken_(each_, list_, x_, y_, n_) = flag(each_);
  }
  bits_(b_, list_, x_, y_, n_) =
      Halide::cast<uint8_t>(BitsOfBytes([&](int at) { return taken_(b_ * kFlags + at, list_, x_, y_, n_); }));
  // The number of listed channels before byte b.
  count_(b_, list_, x_, y_, n_) = Halide::cast(entry_, 0);
  count_(byte_ + 1, list_, x_, y_, n_) =
      count_(byte_, list_, x_, y_, n_) + Halide::cast(entry_, Halide::popcount(bits_(byte_, list_, x_, y_, n_)));
  const Expr slot =
      Halide::unsafe_promise_clamped(Halide::cast<int>(count_(put_.y, list_, x_, y_, n_)), 0, (bytes_ - 1) * kFlags);
  const Expr place = SetBit(Halide::cast<int>(bits_(put_.y, list_, x_, y_, n_)), put_.x);
  entries_(b_, list_, x_, y_, n_) = Halide::undef(entry_);
  entries_(slot + put_.x, list_, x_, y_, n_) = Halide::cast(entry_, place) + Halide::cast(entry_, put_.y * kFlags);
}

Expr PixelLists::Count(const Expr& list, const Expr& x, const Expr& y, const Expr& n) const {
  return Halide::cast<int>(count_(bytes_, list, x, y, n));
}

Expr PixelLists::Entry(const Expr& slot, const Expr& list, const Expr& x, const Expr& y, const Expr& n) const {
  return Halide::unsafe_promise_clamped(Halide::cast<int>(entries_(slot, list, x, y, n)), 0, channels_ - 1);
}

int64_t PixelLists::Bytes(int channels, int64_t lists) {
  const int bytes = CeilDiv(channels, kFlags), entry_bytes = channels < 256 ? 1 : 2;
  return lists * (bytes * kFlags + 2 * bytes + 1) * entry_bytes;
}

void PixelLists::Schedule(Func& out, const Var& task) {
  const int unrolled = std::min(bytes_, 8);
  for (Func* func : {&entries_, &bits_, &count_}) func->compute_at(out, task).store_in(kOnStack);
  bits_.reorder(b_, list_, x_, y_).unroll(b_, unrolled, TailStrategy::GuardWithIf);
  taken_.compute_at(bits_, x_).store_in(kOnStack).vectorize(c_, FlagLanes(bytes_));
  if (channels_ % kFlags != 0) taken_.update().unscheduled();
  count_.update().reorder(byte_, list_, x_, y_).unroll(byte_, unrolled, TailStrategy::GuardWithIf);
  entries_.update()
      .allow_race_conditions()
      .reorder(put_.x, put_.y, list_, x_, y_)
      .vectorize(put_.x)
      .unroll(put_.y, unrolled, TailStrategy::GuardWithIf);
}

}  // namespace brine::codegen
