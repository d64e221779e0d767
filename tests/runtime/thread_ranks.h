// A communicator between threads of one process, each of which is a rank.
#ifndef BRINE_TESTS_RUNTIME_THREAD_RANKS_H_
#define BRINE_TESTS_RUNTIME_THREAD_RANKS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/core/communicator.h"

namespace brine::testing {

// How the ranks ended.
struct RanksEnd {
  std::vector<std::string> errors;   // by rank: the sentence of the Error that it threw, with its code; empty if none
  std::vector<int> codes;            // with which ranks called abort
  std::vector<std::string> misuses;  // of the communicator
};

// Calls `run` on as many threads, each with the communicator of its rank.  Messages are late by random times of up to
// `most_microseconds`, and come in random order.  A rank that is aborted, by itself or by another, unwinds its thread.
RanksEnd RunRanks(int size, const std::function<void(const brine_communicator&)>& run, int most_microseconds = 0);

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_THREAD_RANKS_H_
