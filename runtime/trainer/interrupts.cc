#include "runtime/trainer/interrupts.h"

#include <time.h>

#include <atomic>
#include <cstdint>
#include <iterator>

namespace brine {
namespace {

std::atomic<bool> interrupted = false, was_passed_on = false;
std::atomic<int64_t> first_millisecond = 0;  // of the signal that has interrupted

int64_t Milliseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

void Handle(int signal, siginfo_t* info, void*) {
  const bool is_passed_on = info->si_code == SI_QUEUE;
  const int64_t now = Milliseconds();
  if (!interrupted.exchange(true)) {
    first_millisecond = now;
    was_passed_on = is_passed_on;
    return;
  }
  if ((is_passed_on || was_passed_on) && now - first_millisecond < 1000) return;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

bool IsInterrupted() { return interrupted; }

CatchInterrupts::CatchInterrupts() {
  interrupted = false;
  struct sigaction action = {};
  action.sa_sigaction = Handle;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (size_t index = 0; index < std::size(kSignals); ++index) sigaction(kSignals[index], &action, &before_[index]);
}

CatchInterrupts::~CatchInterrupts() {
  for (size_t index = 0; index < std::size(kSignals); ++index) sigaction(kSignals[index], &before_[index], nullptr);
}

}  // namespace brine
