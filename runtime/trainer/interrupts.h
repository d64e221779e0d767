// Signals that end the training after the current step.
#ifndef BRINE_RUNTIME_TRAINER_INTERRUPTS_H_
#define BRINE_RUNTIME_TRAINER_INTERRUPTS_H_

#include <csignal>

namespace brine {

// Whether a signal asks for the end of the training, since the last CatchInterrupts was made.
bool IsInterrupted();

// While an object of this class lives, the first SIGINT (Ctrl-C) or SIGTERM makes IsInterrupted() true.  The next one
// ends the process as usual.  A signal that another process passes on (sigqueue) within a second of the same signal
// counts as the same: `timeout`, for example, sends a signal to the tool, which passes it on, and to the whole group of
// processes.
class CatchInterrupts {
 public:
  CatchInterrupts();
  ~CatchInterrupts();
  CatchInterrupts(const CatchInterrupts&) = delete;
  CatchInterrupts& operator=(const CatchInterrupts&) = delete;

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM};
  struct sigaction before_[2];
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_INTERRUPTS_H_
