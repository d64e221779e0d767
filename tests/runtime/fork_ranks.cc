#include "tests/runtime/fork_ranks.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <sstream>

#include "runtime/core/communicator.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

constexpr size_t kSlotBytes = 8 << 20, kMostRanks = 8;

// Memory of all processes.  What a rank sends lies in its slot between two barriers.
struct Shared {
  pthread_barrier_t barrier;
  std::atomic<bool> is_aborted;
  uint8_t slots[kMostRanks][kSlotBytes];
};

struct Exchange {
  std::vector<brine_part> to, from;
  void (*done)(void* user);
  void* user;
};

// Of the process.
Shared* shared = nullptr;
size_t own_rank = 0, rank_count = 0;
std::deque<Exchange> exchanges;

// The parts of a slot, one for each rank, are preceded by their offsets.
void Put(const std::vector<brine_part>& to) {
  auto* const offsets = reinterpret_cast<size_t*>(shared->slots[own_rank]);
  size_t next = kMostRanks * sizeof(size_t);
  for (size_t rank = 0; rank < to.size(); ++rank) {
    const auto bytes = static_cast<size_t>(to[rank].bytes);
    if (next + bytes > kSlotBytes) std::abort();
    offsets[rank] = next;
    if (bytes > 0) std::memcpy(shared->slots[own_rank] + next, to[rank].data, bytes);
    next += bytes;
  }
}

// Sends and receives at once.
void Swap(const std::vector<brine_part>& to, const std::vector<brine_part>& from) {
  Put(to);
  pthread_barrier_wait(&shared->barrier);
  for (size_t rank = 0; rank < from.size(); ++rank) {
    const size_t offset = reinterpret_cast<const size_t*>(shared->slots[rank])[own_rank];
    if (from[rank].bytes > 0)
      std::memcpy(from[rank].data, shared->slots[rank] + offset, static_cast<size_t>(from[rank].bytes));
  }
  pthread_barrier_wait(&shared->barrier);
}

void Gather(const void* mine, int64_t bytes, void* all) {
  std::vector<brine_part> to(rank_count, {const_cast<void*>(mine), bytes}), from;
  for (size_t rank = 0; rank < rank_count; ++rank)
    from.push_back({static_cast<uint8_t*>(all) + static_cast<int64_t>(rank) * bytes, bytes});
  Swap(to, from);
}

void Broadcast(void* data, int64_t bytes) {
  std::vector<uint8_t> all(static_cast<size_t>(bytes) * rank_count);
  Gather(data, bytes, all.data());
  std::copy_n(all.data(), bytes, static_cast<uint8_t*>(data));
}

void Barrier() { Swap({}, {}); }

void BeginExchange(int32_t, const brine_part* to, const brine_part* from, void (*done)(void* user), void* user) {
  exchanges.push_back({{to, to + rank_count}, {from, from + rank_count}, done, user});
}

// All ranks begin their exchanges in the same order, so that each meets that of the others.
void Finish() {
  while (!exchanges.empty()) {
    const Exchange exchange = exchanges.front();
    exchanges.pop_front();
    Swap(exchange.to, exchange.from);
    exchange.done(exchange.user);
  }
}

void Abort(int32_t code) {
  std::fflush(nullptr);
  shared->is_aborted = true;
  _exit(code);
}

void Redirect(int descriptor, const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  dup2(file, descriptor);
  close(file);
}

[[noreturn]] void RunRank(const brine_program& program, const std::string& command_line, const std::string& files) {
  Redirect(STDOUT_FILENO, files + ".out");
  Redirect(STDERR_FILENO, files + ".err");
  std::vector<std::string> words = {"softmax"};
  std::istringstream stream(command_line);
  for (std::string word; stream >> word;) words.push_back(word);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  const brine_communicator communicator = {static_cast<int32_t>(own_rank),
                                           static_cast<int32_t>(rank_count),
                                           Broadcast,
                                           Gather,
                                           Barrier,
                                           BeginExchange,
                                           Finish,
                                           Abort};
  const int code = brine_trainer_main_with(&program, &communicator, static_cast<int>(argv.size()), argv.data());
  std::fflush(nullptr);
  _exit(code);
}

}  // namespace

std::vector<Result> RunOnRanks(const brine_program& program, const std::vector<std::string>& command_lines,
                               const std::function<void(const std::vector<pid_t>&)>& meanwhile) {
  rank_count = command_lines.size();
  void* const memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  shared = static_cast<Shared*>(memory);
  pthread_barrierattr_t attributes;
  pthread_barrierattr_init(&attributes);
  pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_barrier_init(&shared->barrier, &attributes, static_cast<unsigned>(rank_count));

  const TemporaryFolder folder;
  std::vector<pid_t> processes;
  for (size_t rank = 0; rank < rank_count; ++rank) {
    processes.push_back(fork());
    if (processes.back() != 0) continue;
    own_rank = rank;
    RunRank(program, command_lines[rank], folder / std::to_string(rank));
  }
  if (meanwhile) meanwhile(processes);
  std::vector<Result> results(rank_count, Result{-2, "", ""});
  for (size_t running = rank_count; running > 0; usleep(1000)) {
    for (size_t rank = 0; rank < rank_count; ++rank) {
      int status = 0;
      if (results[rank].exit_code != -2 || waitpid(processes[rank], &status, WNOHANG) <= 0) continue;
      results[rank].exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      --running;
    }
    for (size_t rank = 0; rank < rank_count && shared->is_aborted; ++rank) {
      if (results[rank].exit_code == -2) kill(processes[rank], SIGKILL);
    }
  }
  for (size_t rank = 0; rank < rank_count; ++rank) {
    results[rank].out = folder.Read(std::to_string(rank) + ".out");
    results[rank].error = folder.Read(std::to_string(rank) + ".err");
  }
  munmap(memory, sizeof(Shared));
  return results;
}

}  // namespace brine::testing
