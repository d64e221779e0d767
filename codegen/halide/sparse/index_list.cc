#include "codegen/halide/sparse/index_list.h"

#include <algorithm>

namespace brine::codegen {

using Halide::Expr;
using Halide::TailStrategy;
using Halide::Var;
using Halide::VarOrRVar;

namespace {

// (inner…, middle, outer…): the indices of bits and counts, whose vectors lie along the inner keys.
template <typename Index>
std::vector<Index> Between(std::vector<Index> keys, size_t inner, const Index& middle) {
  keys.insert(keys.begin() + static_cast<std::ptrdiff_t>(inner), middle);
  return keys;
}

// (first, inner…, outer…): the indices of entries, which are contiguous.
template <typename Index>
std::vector<Index> Before(const std::vector<Index>& keys, const Index& first) {
  return Between(keys, 0, first);
}

}  // namespace

IndexList::IndexList(const Layout& layout, int bytes, const std::function<Expr(const Expr& byte)>& flags)
    : layout_(layout), bytes_(bytes), step_(0, bytes, "step"), put_(0, kFlags, 0, bytes, "put") {
  std::vector<Var> vars = layout.inner;
  vars.insert(vars.end(), layout.outer.begin(), layout.outer.end());
  const std::vector<Expr> keys(vars.begin(), vars.end());
  const size_t inner = layout.inner.size();
  const auto index = [&](const Expr& byte) { return Between(keys, inner, byte); };
  bits(Between(vars, inner, byte)) = Halide::cast(layout.bits, flags(byte));
  count(Between(vars, inner, byte)) = Halide::cast(layout.count, 0);
  count(index(step_ + 1)) = count(index(step_)) + Halide::cast(layout.count, Halide::popcount(bits(index(step_))));
  const Expr slot = Halide::unsafe_promise_clamped(Halide::cast<int>(count(index(put_.y))), 0, (bytes_ - 1) * kFlags);
  const Expr in_byte = SetBit(Halide::cast<int>(bits(index(put_.y))), put_.x);
  entries(Before(vars, byte)) = Halide::undef(layout.entry);
  entries(Before(keys, slot + put_.x)) =
      Halide::cast(layout.entry, in_byte) + Halide::cast(layout.entry, put_.y * kFlags);
}

Expr IndexList::Count(const std::vector<Expr>& keys) const {
  return Halide::cast<int>(count(Between(keys, layout_.inner.size(), Expr(bytes_))));
}

Expr IndexList::Entry(const Expr& slot, const std::vector<Expr>& keys) const { return entries(Before(keys, slot)); }

void IndexList::ScheduleUpdates(int lanes) {
  const int unrolled = std::min(bytes_, 8);
  std::vector<VarOrRVar> counting(layout_.inner.begin(), layout_.inner.end()), filling = {put_.x, put_.y};
  counting.emplace_back(step_.x);
  filling.insert(filling.end(), layout_.inner.begin(), layout_.inner.end());
  for (const Var& key : layout_.outer) {
    counting.emplace_back(key);
    filling.emplace_back(key);
  }
  if (lanes > 1)
    count.update().reorder(counting).vectorize(layout_.inner[0], lanes);
  else
    count.update().reorder(counting).unroll(step_.x, unrolled, TailStrategy::GuardWithIf);
  // A position past the count is written, too; the next byte's entries overwrite it.
  entries.update().allow_race_conditions().reorder(filling).vectorize(put_.x).unroll(put_.y, unrolled,
                                                                                     TailStrategy::GuardWithIf);
}

}  // namespace brine::codegen
