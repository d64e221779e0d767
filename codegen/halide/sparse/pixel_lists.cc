#include "codegen/halide/sparse/pixel_lists.h"

#include <algorithm>

namespace brine::codegen {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::TailStrategy;
using Halide::Var;

PixelLists::PixelLists(int channels, const IsListed& is_listed)
    : channels_(channels), flag_bytes_(CeilDiv(channels, kFlagsPerByte)), index_list_(MakeIndexList(is_listed)) {}

IndexList PixelLists::MakeIndexList(const IsListed& is_listed) {
  const auto flag_of = [&](const Expr& channel) {
    return Halide::cast<uint8_t>(is_listed(channel, list_, x_, y_, n_));
  };
  if (channels_ % kFlagsPerByte == 0) {
    flag_(channel_, list_, x_, y_, n_) = flag_of(channel_);
  } else {
    // The flags past the last channel, which fill the last byte, are 0.
    flagged_channel_ = RDom(0, channels_, "flagged_channel");
    flag_(channel_, list_, x_, y_, n_) = Halide::cast<uint8_t>(0);
    flag_(flagged_channel_, list_, x_, y_, n_) = flag_of(flagged_channel_);
  }
  const Halide::Type entry_type = Halide::UInt(channels_ < 256 ? 8 : 16);
  return IndexList(
      {{}, {list_, x_, y_, n_}, Halide::UInt(8), entry_type, entry_type}, flag_bytes_, [&](const Expr& byte) {
        return PackFlagBytes([&](int flag) { return flag_(byte * kFlagsPerByte + flag, list_, x_, y_, n_); });
      });
}

Expr PixelLists::Count(const Expr& list, const Expr& x, const Expr& y, const Expr& n) const {
  return index_list_.Count({list, x, y, n});
}

Expr PixelLists::Entry(const Expr& slot, const Expr& list, const Expr& x, const Expr& y, const Expr& n) const {
  return Halide::unsafe_promise_clamped(Halide::cast<int>(index_list_.Entry(slot, {list, x, y, n})), 0, channels_ - 1);
}

int64_t PixelLists::Bytes(int channels, int64_t lists) {
  const int flag_bytes = CeilDiv(channels, kFlagsPerByte), entry_bytes = channels < 256 ? 1 : 2;
  // The entries, the counts before and after each byte, and the bits, which are charged as if they were entries.
  return lists * (flag_bytes * kFlagsPerByte + 2 * flag_bytes + 1) * entry_bytes;
}

void PixelLists::Schedule(Func& out, const Var& task) {
  Func& bits = index_list_.bits;
  for (Func* func : {&index_list_.entries, &bits, &index_list_.count}) func->compute_at(out, task).store_in(kOnStack);
  bits.reorder(index_list_.byte, list_, x_, y_)
      .unroll(index_list_.byte, std::min(flag_bytes_, 8), TailStrategy::GuardWithIf);
  flag_.compute_at(bits, x_).store_in(kOnStack).vectorize(channel_, FlagVectorLanes(flag_bytes_));
  if (channels_ % kFlagsPerByte != 0) flag_.update().unscheduled();
  index_list_.ScheduleUpdates(1);
}

}  // namespace brine::codegen
