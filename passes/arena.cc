#include "passes/arena.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

namespace brine::passes {
namespace {

using Order = std::vector<int>;

constexpr size_t kMaxSorted = 4000;  // buffers; the search takes quadratic time
constexpr int kMaxRepairs = 60;

struct Taken {
  int64_t begin, end;
};

// The smallest gap between `taken` that holds `bytes`, or the end of `taken`, which this function sorts.
int64_t BestFit(std::vector<Taken>& taken, int64_t bytes) {
  std::sort(taken.begin(), taken.end(), [](const Taken& a, const Taken& b) { return a.begin < b.begin; });
  int64_t free = 0, best = -1, best_size = std::numeric_limits<int64_t>::max();
  for (const Taken& next : taken) {
    const int64_t size = next.begin - free;
    if (size >= bytes && size < best_size) {
      best = free;
      best_size = size;
    }
    free = std::max(free, next.end);
  }
  return best >= 0 ? best : free;
}

// Buffers get their places in this order.
std::vector<int64_t> PlaceInOrder(absl::Span<const Buffer> buffers, const Order& order) {
  std::vector<int64_t> offsets(buffers.size(), 0);
  std::vector<Taken> taken;
  for (size_t done = 0; done < order.size(); ++done) {
    const size_t index = static_cast<size_t>(order[done]);
    taken.clear();
    for (size_t before = 0; before < done; ++before) {
      const size_t other = static_cast<size_t>(order[before]);
      if (buffers[other].first > buffers[index].last || buffers[index].first > buffers[other].last) continue;
      taken.push_back({offsets[other], offsets[other] + buffers[other].bytes});
    }
    offsets[index] = BestFit(taken, buffers[index].bytes);
  }
  return offsets;
}

// As an allocator does that learns of a buffer only when its lifetime begins.
std::vector<int64_t> PlaceInTime(absl::Span<const Buffer> buffers) {
  Order order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return buffers[static_cast<size_t>(a)].first < buffers[static_cast<size_t>(b)].first;
  });
  std::vector<int64_t> offsets(buffers.size(), 0);
  std::multimap<int, int> alive;  // by last moment
  std::vector<Taken> taken;
  for (int index : order) {
    const Buffer& buffer = buffers[static_cast<size_t>(index)];
    alive.erase(alive.begin(), alive.lower_bound(buffer.first));
    taken.clear();
    for (const auto& [last, other] : alive) {
      const size_t placed = static_cast<size_t>(other);
      taken.push_back({offsets[placed], offsets[placed] + buffers[placed].bytes});
    }
    offsets[static_cast<size_t>(index)] = BestFit(taken, buffer.bytes);
    alive.emplace(buffer.last, index);
  }
  return offsets;
}

Order Sorted(absl::Span<const Buffer> buffers, const std::function<int64_t(const Buffer&)>& key) {
  Order order(buffers.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return key(buffers[static_cast<size_t>(a)]) > key(buffers[static_cast<size_t>(b)]);
  });
  return order;
}

}  // namespace

int64_t ArenaBound(absl::Span<const Buffer> buffers) {
  std::map<int, int64_t> changes;  // of the live bytes, by moment
  for (const Buffer& buffer : buffers) {
    changes[buffer.first] += buffer.bytes;
    changes[buffer.last + 1] -= buffer.bytes;
  }
  int64_t live = 0, most = 0;
  for (const auto& [moment, change] : changes) most = std::max(most, live += change);
  return most;
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
  if (buffers.size() > kMaxSorted) return best;
  const std::function<int64_t(const Buffer&)> keys[] = {
      [](const Buffer& buffer) { return buffer.bytes; },
      [](const Buffer& buffer) { return int64_t{buffer.last} - buffer.first; },
      [](const Buffer& buffer) { return buffer.bytes / 64 * (int64_t{buffer.last} - buffer.first + 1); },
  };
  for (const auto& key : keys) {
    Order order = Sorted(buffers, key);
    // The buffer that ends highest gets its place earlier in the next try.
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
