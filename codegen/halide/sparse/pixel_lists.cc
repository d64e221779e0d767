#include "codegen/halide/sparse/pixel_lists.h"

#include <algorithm>

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

PixelLists::PixelLists(int channels, const Takes& takes)
    : channels_(channels), flag_bytes_(CeilDiv(channels, kFlags)), channels_of_(MakeList(takes)) {}

IndexList PixelLists::MakeList(const Takes& takes) {
  const auto flag = [&](const Expr& channel) { return Halide::cast<uint8_t>(takes(channel, list_, x_, y_, n_)); };
  if (channels_ % kFlags == 0) {
    taken_(c_, list_, x_, y_, n_) = flag(c_);
  } else {
    channel_ = RDom(0, channels_, "channel");
    taken_(c_, list_, x_, y_, n_) = Halide::cast<uint8_t>(0);
    taken_(channel_, list_, x_, y_, n_) = flag(channel_);
  }
  const Halide::Type entry = Halide::UInt(channels_ < 256 ? 8 : 16);
  return IndexList({{}, {list_, x_, y_, n_}, Halide::UInt(8), entry, entry}, flag_bytes_, [&](const Expr& byte) {
    return BitsOfBytes([&](int flag) { return taken_(byte * kFlags + flag, list_, x_, y_, n_); });
  });
}

Expr PixelLists::Count(const Expr& list, const Expr& x, const Expr& y, const Expr& n) const {
  return channels_of_.Count({list, x, y, n});
}

Expr PixelLists::Entry(const Expr& slot, const Expr& list, const Expr& x, const Expr& y, const Expr& n) const {
  return Halide::unsafe_promise_clamped(Halide::cast<int>(channels_of_.Entry(slot, {list, x, y, n})), 0, channels_ - 1);
}

int64_t PixelLists::Bytes(int channels, int64_t lists) {
  const int bytes = CeilDiv(channels, kFlags), entry_bytes = channels < 256 ? 1 : 2;
  return lists * (bytes * kFlags + 2 * bytes + 1) * entry_bytes;
}

void PixelLists::Schedule(Func& out, const Var& task) {
  Func& bits = channels_of_.bits;
  for (Func* func : {&channels_of_.entries, &bits, &channels_of_.count}) func->compute_at(out, task).store_in(kOnStack);
  bits.reorder(channels_of_.byte, list_, x_, y_)
      .unroll(channels_of_.byte, std::min(flag_bytes_, 8), TailStrategy::GuardWithIf);
  taken_.compute_at(bits, x_).store_in(kOnStack).vectorize(c_, FlagLanes(flag_bytes_));
  if (channels_ % kFlags != 0) taken_.update().unscheduled();
  channels_of_.ScheduleUpdates(1);
}

}  // namespace brine::codegen
