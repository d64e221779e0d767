// Tests how work is divided among threads.
#include "frontend/data/for_ranges.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

namespace brine {
namespace {

TEST(ForRanges, CoversEachIndexOnce) {
  for (const int64_t count : {0, 1, 63, 64, 65, 1000}) {
    for (const int threads : {0, 1, 3}) {
      std::vector<std::atomic<int>> calls(static_cast<size_t>(count));
      ForRanges(count, threads, [&](int64_t begin, int64_t end) {
        for (int64_t index = begin; index < end; ++index) ++calls[static_cast<size_t>(index)];
      });
      for (const std::atomic<int>& number : calls) EXPECT_EQ(number, 1) << count << " on " << threads;
    }
  }
}

TEST(ForRanges, ThrowsWhatTheFirstRangeThrows) {
  for (const int threads : {1, 4}) {
    // The range that throws first in time is a later one, which waits for none.
    std::atomic<bool> has_thrown = threads == 1;
    std::string what;
    try {
      ForRanges(256, threads, [&](int64_t begin, int64_t) {
        if (begin < 64) return;
        if (begin >= 128) {
          has_thrown = true;
          throw std::runtime_error("later");
        }
        while (!has_thrown) {
        }
        throw std::runtime_error("first");
      });
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    EXPECT_EQ(what, "first") << threads;
  }
}

}  // namespace
}  // namespace brine
