#include "codegen/halide/sparse/index_list.h"

#include <algorithm>

namespace brine::codegen {

using Halide::Expr;
using Halide::TailStrategy;
using Halide::Var;
using Halide::VarOrRVar;

namespace {

// The index (inner keys, byte, outer keys) of bits and count, whose vectors lie along the inner keys.
template <typename Index>
std::vector<Index> ByteIndex(std::vector<Index> keys, size_t inner_keys, const Index& byte) {
  keys.insert(keys.begin() + static_cast<std::ptrdiff_t>(inner_keys), byte);
  return keys;
}

// The index (slot, inner keys, outer keys) of entries.  The entries of a list are contiguous.
template <typename Index>
std::vector<Index> EntryIndex(const std::vector<Index>& keys, const Index& slot) {
  return ByteIndex(keys, 0, slot);
}

}  // namespace

IndexList::IndexList(const Layout& layout, int bytes, const std::function<Expr(const Expr& byte)>& flags)
    : layout_(layout),
      bytes_(bytes),
      counted_byte_(0, bytes, "counted_byte"),
      written_entry_(0, kFlagsPerByte, 0, bytes, "written_entry") {
  std::vector<Var> vars = layout.inner;
  vars.insert(vars.end(), layout.outer.begin(), layout.outer.end());
  const std::vector<Expr> keys(vars.begin(), vars.end());
  const size_t inner_keys = layout.inner.size();
  const auto index = [&](const Expr& byte) { return ByteIndex(keys, inner_keys, byte); };
  bits(ByteIndex(vars, inner_keys, byte)) = Halide::cast(layout.bits, flags(byte));
  count(ByteIndex(vars, inner_keys, byte)) = Halide::cast(layout.count, 0);
  count(index(counted_byte_ + 1)) =
      count(index(counted_byte_)) + Halide::cast(layout.count, Halide::popcount(bits(index(counted_byte_))));
  const Expr slot = Halide::unsafe_promise_clamped(Halide::cast<int>(count(index(written_entry_.y))), 0,
                                                   (bytes_ - 1) * kFlagsPerByte);
  const Expr position_in_byte = SetBitPosition(Halide::cast<int>(bits(index(written_entry_.y))), written_entry_.x);
  entries(EntryIndex(vars, byte)) = Halide::undef(layout.entry);
  entries(EntryIndex(keys, slot + written_entry_.x)) =
      Halide::cast(layout.entry, position_in_byte) + Halide::cast(layout.entry, written_entry_.y * kFlagsPerByte);
}

Expr IndexList::Count(const std::vector<Expr>& keys) const {
  return Halide::cast<int>(count(ByteIndex(keys, layout_.inner.size(), Expr(bytes_))));
}

Expr IndexList::Entry(const Expr& slot, const std::vector<Expr>& keys) const { return entries(EntryIndex(keys, slot)); }

void IndexList::ScheduleUpdates(int lanes) {
  const int unrolled_bytes = std::min(bytes_, 8);
  std::vector<VarOrRVar> count_order(layout_.inner.begin(), layout_.inner.end()),
      entry_order = {written_entry_.x, written_entry_.y};
  count_order.emplace_back(counted_byte_.x);
  entry_order.insert(entry_order.end(), layout_.inner.begin(), layout_.inner.end());
  for (const Var& key : layout_.outer) {
    count_order.emplace_back(key);
    entry_order.emplace_back(key);
  }
  if (lanes > 1)
    count.update().reorder(count_order).vectorize(layout_.inner[0], lanes);
  else
    count.update().reorder(count_order).unroll(counted_byte_.x, unrolled_bytes, TailStrategy::GuardWithIf);
  // The entries of two bytes overlap, so their order matters: the loop over bytes is serial.  The eight entries of a
  // byte are different, which Halide cannot prove.
  entries.update()
      .allow_race_conditions()
      .reorder(entry_order)
      .vectorize(written_entry_.x)
      .unroll(written_entry_.y, unrolled_bytes, TailStrategy::GuardWithIf);
}

}  // namespace brine::codegen
