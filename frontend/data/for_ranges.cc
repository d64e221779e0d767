#include "frontend/data/for_ranges.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "runtime/core/cpu.h"

namespace brine {

void ForRanges(int64_t count, int threads, const std::function<void(int64_t begin, int64_t end)>& use) {
  constexpr int64_t kRange = 64;
  std::mutex mutex;  // guards what follows
  int64_t next = 0, failed = count;
  std::exception_ptr failure;
  const auto work = [&] {
    for (;;) {
      int64_t begin = 0;
      {
        const std::lock_guard<std::mutex> lock(mutex);
        if (next >= count || failure != nullptr) return;
        begin = next;
        next += std::min(kRange, count - next);
      }
      try {
        use(begin, std::min(count, begin + kRange));
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (begin > failed) continue;  // ranges are begun in their order, so an earlier one may only end later
        failed = begin;
        failure = std::current_exception();
      }
    }
  };
  {
    if (threads < 1) threads = brine_available_threads();
    const int64_t others = std::min<int64_t>(threads, (count + kRange - 1) / kRange) - 1;
    std::vector<std::jthread> started;
    try {
      for (int64_t thread = 0; thread < others; ++thread) started.emplace_back(work);
    } catch (const std::system_error&) {  // fewer threads will do
    }
    work();
  }
  if (failure != nullptr) std::rethrow_exception(failure);
}

}  // namespace brine
