#include "passes/arena.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

namespace brine::passes {
namespace {

using Order = std::vector<int>;

constexpr size_t kMaxReordered = 4000;  // buffers; with more, PlaceInOrder, which takes quadratic time, is not tried
constexpr int kMaxRepairs = 60;         // placements that are tried with each order, to bound the time

// Bytes that are occupied by a buffer.
struct Occupied {
  int64_t begin, end;
};

// The offset of the smallest gap between `occupied` that has room for `bytes`; if none has, the greatest end of
// `occupied`.  Sorts `occupied`.
int64_t BestFit(std::vector<Occupied>& occupied, int64_t bytes) {
  std::sort(occupied.begin(), occupied.end(), [](const Occupied& a, const Occupied& b) { return a.begin < b.begin; });
  int64_t gap_begin = 0, best = -1, best_size = std::numeric_limits<int64_t>::max();
  for (const Occupied& next : occupied) {
    const int64_t size = next.begin - gap_begin;
    if (size >= bytes && size < best_size) {
      best = gap_begin;
      best_size = size;
    }
    gap_begin = std::max(gap_begin, next.end);
  }
  return best >= 0 ? best : gap_begin;
}

// Places the buffers in the given order, each in the best gap that earlier ones leave during its lifetime.
std::vector<int64_t> PlaceInOrder(absl::Span<const Buffer> buffers, const Order& order) {
  std::vector<int64_t> offsets(buffers.size(), 0);
  std::vector<Occupied> occupied;
  for (size_t done = 0; done < order.size(); ++done) {
    const size_t index = static_cast<size_t>(order[done]);
    occupied.clear();
    for (size_t before = 0; before < done; ++before) {
      const size_t other = static_cast<size_t>(order[before]);
      if (buffers[other].first > buffers[index].last || buffers[index].first > buffers[other].last) continue;
      occupied.push_back({offsets[other], offsets[other] + buffers[other].bytes});
    }
    offsets[index] = BestFit(occupied, buffers[index].bytes);
  }
  return offsets;
}

// Places the buffers in the order in which their lifetimes begin, as an allocator would that does not know the future.
// Takes less time than PlaceInOrder, since it compares a buffer with the live ones only.
std::vector<int64_t> PlaceInTime(absl::Span<const Buffer> buffers) {
  Order order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return buffers[static_cast<size_t>(a)].first < buffers[static_cast<size_t>(b)].first;
  });
  std::vector<int64_t> offsets(buffers.size(), 0);
  std::multimap<int, int> alive;  // indices of buffers, by their last moment
  std::vector<Occupied> occupied;
  for (int index : order) {
    const Buffer& buffer = buffers[static_cast<size_t>(index)];
    alive.erase(alive.begin(), alive.lower_bound(buffer.first));
    occupied.clear();
    for (const auto& [last, other] : alive) {
      const size_t placed = static_cast<size_t>(other);
      occupied.push_back({offsets[placed], offsets[placed] + buffers[placed].bytes});
    }
    offsets[static_cast<size_t>(index)] = BestFit(occupied, buffer.bytes);
    alive.emplace(buffer.last, index);
  }
  return offsets;
}

// The indices of the buffers in descending order of the key.
Order SortedBy(absl::Span<const Buffer> buffers, const std::function<int64_t(const Buffer&)>& key) {
  Order order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return key(buffers[static_cast<size_t>(a)]) > key(buffers[static_cast<size_t>(b)]);
  });
  return order;
}

}  // namespace

int64_t ArenaBound(absl::Span<const Buffer> buffers) {
  std::map<int, int64_t> changes;  // by how much the live bytes change at a moment
  for (const Buffer& buffer : buffers) {
    changes[buffer.first] += buffer.bytes;
    changes[buffer.last + 1] -= buffer.bytes;
  }
  int64_t live = 0, peak = 0;
  for (const auto& [moment, change] : changes) peak = std::max(peak, live += change);
  return peak;
}

int64_t ArenaBytes(absl::Span<const Buffer> buffers, absl::Span<const int64_t> offsets) {
  int64_t end = 0;
  for (size_t index = 0; index < buffers.size(); ++index) end = std::max(end, offsets[index] + buffers[index].bytes);
  return end;
}

std::vector<int64_t> PlaceBuffers(absl::Span<const Buffer> buffers) {
  const int64_t bound = ArenaBound(buffers);
  std::vector<int64_t> best = PlaceInTime(buffers);
  const auto try_order = [&](const Order& order) {
    std::vector<int64_t> offsets = PlaceInOrder(buffers, order);
    if (ArenaBytes(buffers, offsets) < ArenaBytes(buffers, best)) best = offsets;
    return offsets;
  };
  if (buffers.size() > kMaxReordered) return best;
  const std::function<int64_t(const Buffer&)> keys[] = {
      [](const Buffer& buffer) { return buffer.bytes; },
      [](const Buffer& buffer) { return int64_t{buffer.last} - buffer.first; },
      // Size times lifetime.  Sizes are multiples of 64, and the division keeps the product from overflowing.
      [](const Buffer& buffer) { return buffer.bytes / 64 * (int64_t{buffer.last} - buffer.first + 1); },
  };
  for (const auto& key : keys) {
    Order order = SortedBy(buffers, key);
    // A buffer that makes the block as large as it is came too late.  The next try places it first.
    for (int repair = 0; repair < kMaxRepairs && ArenaBytes(buffers, best) > bound; ++repair) {
      const std::vector<int64_t> offsets = try_order(order);
      const int64_t top = ArenaBytes(buffers, offsets);
      const auto highest = std::find_if(order.begin(), order.end(), [&](int index) {
        return offsets[static_cast<size_t>(index)] + buffers[static_cast<size_t>(index)].bytes == top;
      });
      std::rotate(order.begin(), highest, highest + 1);
    }
  }
  return best;
}

}  // namespace brine::passes
