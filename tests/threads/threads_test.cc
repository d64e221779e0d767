// Tests the parallel loop of compiled programs without kernels.
#include "codegen/native/threads.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace brine::codegen {
namespace {

// Calls `body(index)` as a task for each index.
template <typename Body>
int ParallelFor(int32_t min, int32_t size, Body body) {
  const brine_task task = [](void*, int32_t index, uint8_t* closure) {
    return static_cast<int>((*reinterpret_cast<Body*>(closure))(index));
  };
  return brine_backend_parallel_for(nullptr, task, min, size, reinterpret_cast<uint8_t*>(&body));
}

// The number of tasks that each index in [min, min + size) had.
std::vector<int> Visits(int32_t min, int32_t size) {
  std::vector<std::atomic<int>> visits(static_cast<size_t>(size));
  EXPECT_EQ(ParallelFor(min, size,
                        [&](int32_t index) {
                          ++visits.at(static_cast<size_t>(int64_t{index} - min));
                          return 0;
                        }),
            0);
  return {visits.begin(), visits.end()};
}

TEST(Threads, EachTaskRunsOnce) {
  for (int threads : {1, 2, 3, 8, 40}) {
    brine_backend_set_threads(threads);
    for (int32_t size : {0, 1, 2, 3, 7, 64, 1000}) {
      for (int32_t min : {0, -5, std::numeric_limits<int32_t>::max() - size + (size > 0 ? 1 : 0)}) {
        if (min > 0 && size == 0) continue;
        EXPECT_EQ(Visits(min, size), std::vector<int>(static_cast<size_t>(size), 1))
            << threads << " threads, " << size << " tasks from " << min;
      }
    }
  }
}

// Loops that end before a worker has noticed them: some follow at once on another loop, some come after the workers
// sleep.
TEST(Threads, ManyShortLoops) {
  brine_backend_set_threads(4);
  for (int loop = 0; loop < 20000; ++loop) {
    std::atomic<int64_t> sum = 0;
    ParallelFor(loop, 6, [&](int32_t index) {
      sum += index;
      return 0;
    });
    ASSERT_EQ(sum, 6 * int64_t{loop} + 15);
    if (loop % 1000 == 0) usleep(3000);
  }
}

TEST(Threads, ATasksFailureIsReturnedAndTheOthersRun) {
  for (int threads : {1, 3}) {
    brine_backend_set_threads(threads);
    std::atomic<int> ran = 0;
    const auto fails_at_17 = [&](int32_t index) {
      ++ran;
      return index == 17 ? -3 : 0;
    };
    EXPECT_EQ(ParallelFor(0, 50, fails_at_17), -3);
    EXPECT_EQ(ran, 50);
    EXPECT_EQ(Visits(0, 50), std::vector<int>(50, 1));  // the failure does not affect the next loop
  }
}

TEST(Threads, LoopsWithinTasksAndBesideEachOther) {
  brine_backend_set_threads(3);
  std::atomic<int> inner = 0;
  ParallelFor(0, 20, [&](int32_t) {
    return ParallelFor(0, 10, [&](int32_t) {
      ++inner;
      return 0;
    });
  });
  EXPECT_EQ(inner, 200);

  std::atomic<bool> right = true;
  const auto loops = [&] {
    for (int loop = 0; loop < 2000; ++loop) {
      if (Visits(3, 9) != std::vector<int>(9, 1)) right = false;
    }
  };
  std::thread other(loops);
  loops();
  other.join();
  EXPECT_TRUE(right);
}

TEST(Threads, DenormalsAreZeroInTasksOnly) {
  const auto halves_to_zero = [] {
    volatile float least = std::numeric_limits<float>::min();
    return least / 2 == 0.0f;
  };
  for (int threads : {1, 3}) {
    brine_backend_set_threads(threads);
    std::atomic<int> zero = 0;
    ParallelFor(0, 30, [&](int32_t) {
      zero += halves_to_zero();
      return 0;
    });
#if defined(__SSE2__)
    EXPECT_EQ(zero, 30);
#endif
    EXPECT_FALSE(halves_to_zero());
  }
}

// The workers of the parent sleep when it forks.  Those of the child sleep between its loops, so that they are woken
// more than once.
TEST(Threads, AForkedChildHasThreadsOfItsOwn) {
  brine_backend_set_threads(3);
  ASSERT_EQ(Visits(0, 30), std::vector<int>(30, 1));
  usleep(20000);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    bool right = true;
    for (int loop = 0; loop < 4; ++loop) {
      right = right && Visits(0, 30) == std::vector<int>(30, 1);
      usleep(20000);
    }
    std::exit(right ? 0 : 1);  // unlike _exit, this also stops the workers
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// The number of threads that run nine tasks, each of which takes some time.
size_t ThreadsOfNineTasks() {
  std::mutex mutex;
  std::set<std::thread::id> ids;
  ParallelFor(0, 9, [&](int32_t) {
    usleep(20000);
    const std::lock_guard<std::mutex> lock(mutex);
    ids.insert(std::this_thread::get_id());
    return 0;
  });
  return ids.size();
}

// Exits with 0 if a process that cannot start threads, since it has no more address space, runs all tasks on its own
// thread, and its child, whose address space is not limited, runs them on several.
void RunRefusedThenFork() {
  alarm(20);
  rlimit limit;
  getrlimit(RLIMIT_AS, &limit);
  const rlimit small = {1 << 20, limit.rlim_max};
  brine_backend_set_threads(9);
  setrlimit(RLIMIT_AS, &small);
  ParallelFor(0, 9, [](int32_t) { return 0; });
  setrlimit(RLIMIT_AS, &limit);
  const size_t refused = ThreadsOfNineTasks();
  const pid_t child = fork();
  if (child == 0) std::_Exit(static_cast<int>(ThreadsOfNineTasks()));
  int status = 0;
  waitpid(child, &status, 0);
  std::_Exit(refused == 1 && WIFEXITED(status) && WEXITSTATUS(status) > 1 ? 0 : 1);
}

TEST(ThreadsDeathTest, AForkedChildTriesAgainWhatItsParentWasRefused) {
  testing::FLAGS_gtest_death_test_style =
      "threadsafe";  // in a new process, since stacks of ended threads would be used again
  EXPECT_EXIT(RunRefusedThenFork(), testing::ExitedWithCode(0), "");
}

// Tasks that wait for each other need a thread each.  Each thread begins with the same range in every loop.
TEST(Threads, EachBeginsWithItsOwnRange) {
  constexpr int kThreads = 4;
  brine_backend_set_threads(kThreads);
  std::vector<std::thread::id> first;
  for (int loop = 0; loop < 100; ++loop) {
    std::vector<std::thread::id> ids(kThreads);
    std::atomic<int> begun = 0;
    ParallelFor(0, kThreads, [&](int32_t index) {
      ids[static_cast<size_t>(index)] = std::this_thread::get_id();
      ++begun;
      while (begun < kThreads) std::this_thread::yield();
      return 0;
    });
    EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), kThreads);
    EXPECT_EQ(ids[0], std::this_thread::get_id());
    if (loop == 0) first = ids;
    EXPECT_EQ(ids, first);
  }
}

// Every task has a thread of its own, and only the end of the loop is between the task's write and the read.  If the
// end of the loop did not order the two, ThreadSanitizer would report it.
TEST(Threads, WhatTasksWroteIsThereAfterTheLoop) {
  constexpr int kThreads = 4;
  brine_backend_set_threads(kThreads);
  std::vector<int> given(kThreads), results(kThreads);
  for (int loop = 0; loop < 200; ++loop) {
    for (int& number : given) number = loop;
    std::atomic<int> begun = 0;
    ParallelFor(0, kThreads, [&](int32_t index) {
      ++begun;
      while (begun < kThreads) std::this_thread::yield();
      results[static_cast<size_t>(index)] = given[static_cast<size_t>(index)];
      return 0;
    });
    ASSERT_EQ(results, given);
  }
}

// Runs some loops with loops in their tasks.  Returns false if a task did not run, or if its result was not visible
// after the loop.
bool NestedLoops(int32_t min) {
  bool right = true;
  for (int loop = 0; loop < 300; ++loop) {
    int sums[7] = {};  // one task writes each; not on the heap, which a sanitizer may have locked at a fork
    ParallelFor(min, 7, [&](int32_t index) {
      std::atomic<int> sum = 0;
      ParallelFor(0, 5, [&](int32_t inner) {
        sum += inner;
        return 0;
      });
      sums[static_cast<size_t>(index - min)] = sum;
      return 0;
    });
    right = right && std::all_of(std::begin(sums), std::end(sums), [](int sum) { return sum == 10; });
  }
  return right;
}

// Runs `body` while other threads run different loops and one thread changes the number of threads.
template <typename Body>
void AmongLoops(Body body) {
  std::atomic<bool> right = true, over = false;
  std::vector<std::thread> threads;
  for (int32_t min : {0, -3, 1000}) {
    threads.emplace_back([&right, &over, min] {
      while (!over) {
        if (!NestedLoops(min)) right = false;
      }
    });
  }
  threads.emplace_back([&over] {
    for (int count = 0; !over; ++count) {
      brine_backend_set_threads(1 + count % 6);
      usleep(100);
    }
  });
  body();
  over = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(right);
}

TEST(Threads, ManyCallersWhileTheNumberChanges) {
  AmongLoops([] { EXPECT_TRUE(NestedLoops(5)); });
}

TEST(Threads, AForkAmidLoopsOfOthers) {
  AmongLoops([] {
    for (int children = 0; children < 20; ++children) {
      const pid_t child = fork();
      if (child == 0) {
        alarm(60);
        brine_backend_set_threads(3);
        std::_Exit(NestedLoops(1) ? 0 : 1);  // destructors might wait for threads that the child does not have
      }
      int status = 0;
      ASSERT_EQ(waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
    }
  });
}

TEST(Threads, TheNumberHasBounds) {
  brine_backend_set_threads(3);
  EXPECT_EQ(brine_backend_set_threads(0), 3);
  EXPECT_EQ(brine_backend_set_threads(1 << 30), 1);
  EXPECT_EQ(brine_backend_set_threads(2), 1024);
}

}  // namespace
}  // namespace brine::codegen
