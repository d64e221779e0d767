#include "runtime/trainer/machine_rates.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/core/cpu.h"

namespace brine {
namespace {

using Clock = std::chrono::steady_clock;

// The independent sums of a loop.  Two units with a latency of four to six cycles are busy with 8 to 12 of them, and
// these fit into sixteen vector registers with the two operands that they share.
constexpr int kSums = 12;
constexpr int kLoops = 150'000;  // so many that the time of starting the threads does not count

template <int lanes>
[[gnu::always_inline]] inline void MultiplyAndAdd() {
  typedef float Vector __attribute__((vector_size(4 * lanes)));
  // The numbers are unknown to the compiler, so that it can neither compute the sums nor make one of several.
  Vector unknown[kSums + 2] = {};
  __asm__ volatile("" : "+m"(unknown));
  Vector sums[kSums];
  const Vector factor = unknown[kSums], term = unknown[kSums + 1];
#pragma GCC unroll 12
  for (int index = 0; index < kSums; ++index) sums[index] = unknown[index];
  for (int loop = 0; loop < kLoops; ++loop) {
#pragma GCC unroll 12
    for (Vector& sum : sums) sum = sum * factor + term;
  }
#pragma GCC unroll 12
  for (int index = 0; index < kSums; ++index) unknown[index] = sums[index];
  __asm__ volatile("" : : "m"(unknown));
}

struct Multiplier {
  int lanes;
  void (*run)();
};

#if defined(__x86_64__)
[[gnu::target("avx512f,fma")]] void MultiplyAvx512() { MultiplyAndAdd<16>(); }
[[gnu::target("avx2,fma")]] void MultiplyAvx2() { MultiplyAndAdd<8>(); }
Multiplier FindMultiplier() {
  const char* const avx512[] = {"avx512f", "fma", nullptr};
  const char* const avx2[] = {"avx2", "fma", nullptr};
  if (brine_missing_cpu_features(avx512, nullptr, 0) == 0) return {16, MultiplyAvx512};
  if (brine_missing_cpu_features(avx2, nullptr, 0) == 0) return {8, MultiplyAvx2};
  return {4, [] { MultiplyAndAdd<4>(); }};
}
#else
Multiplier FindMultiplier() {
  return {4, [] { MultiplyAndAdd<4>(); }};
}
#endif

// The least time of several runs, in milliseconds.  A run lasts from when its first thread begins to when its last one
// ends.
double LeastTime(int threads, int runs, const std::function<void(int thread)>& work) {
  std::barrier barrier(threads);
  std::vector<std::vector<std::pair<Clock::time_point, Clock::time_point>>> spans(static_cast<size_t>(threads));
  std::vector<std::thread> workers;
  for (int thread = 0; thread < threads; ++thread) {
    workers.emplace_back([&, thread] {
      for (int run = 0; run < runs; ++run) {
        barrier.arrive_and_wait();
        const Clock::time_point begin = Clock::now();
        work(thread);
        spans[static_cast<size_t>(thread)].emplace_back(begin, Clock::now());
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  Clock::duration least = Clock::duration::max();
  for (size_t run = 0; run < static_cast<size_t>(runs); ++run) {
    auto [begin, end] = spans[0][run];
    for (const auto& spans_of_thread : spans) {
      begin = std::min(begin, spans_of_thread[run].first);
      end = std::max(end, spans_of_thread[run].second);
    }
    least = std::min(least, end - begin);
  }
  return std::chrono::duration<double, std::milli>(least).count();
}

}  // namespace

MachineRates MeasureRates(int threads, Effort effort) {
  const bool quick = effort == Effort::kQuick;
  const Multiplier multiplier = FindMultiplier();
  const double multiply = LeastTime(threads, quick ? 30 : 500, [&](int) { multiplier.run(); });

  // More than the share of a cache that a core usually has.  Each thread touches its own memory first, which takes
  // longer than reading it; it is allocated here, where there may be too little.
  const size_t words = quick ? 2 << 20 : 4 << 20;
  std::vector<std::vector<uint64_t>> memory(static_cast<size_t>(threads));
  for (std::vector<uint64_t>& own : memory) own.reserve(words);
  const double read = LeastTime(threads, quick ? 3 : 10, [&](int thread) {
    std::vector<uint64_t>& own = memory[static_cast<size_t>(thread)];
    own.resize(words, 1);
    uint64_t sum = 0;
    for (const uint64_t word : own) sum += word;
    __asm__ volatile("" : : "r"(sum));
  });
  return {2.0 * kSums * kLoops * multiplier.lanes * threads / multiply,
          static_cast<double>(words * sizeof(uint64_t)) * threads / read};
}

}  // namespace brine
