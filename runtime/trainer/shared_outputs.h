// The outputs of steps that several ranks make.
#ifndef BRINE_RUNTIME_TRAINER_SHARED_OUTPUTS_H_
#define BRINE_RUNTIME_TRAINER_SHARED_OUTPUTS_H_

#include <cstdint>
#include <exception>
#include <vector>

#include "runtime/trainer/fit_loop.h"
#include "runtime/trainer/ranks.h"

namespace brine {

class SharedOutputs {
 public:
  // Each rank makes at most `steps` steps of the function before Gather.
  SharedOutputs(const Ranks& ranks, const brine_function& function, int64_t steps);

  // Calls `act`, which makes steps.  What it throws is kept until Gather, since the other ranks wait for this one
  // there.
  template <typename Act>
  void Attempt(const Act& act) {
    try {
      act();
    } catch (const std::exception&) {
      failure_ = std::current_exception();
    }
  }
  bool has_failed() const { return failure_ != nullptr; }
  void Take(const brine_state* state);  // those of the last step, which this rank has made
  // Sends to each rank what the others have taken since the last time.  Returns whether `flag` is set on any rank.
  // Throws SharedError on all ranks if an attempt of any has failed.
  bool Gather(bool flag = false);
  // What the rank has taken of its step of this number, for ResultSums::Add.
  const float* Of(int64_t rank, int64_t step) const { return all_.data() + rank * message_ + step * elements_; }

 private:
  const Ranks& ranks_;
  const ResultSums sums_;             // which knows the outputs
  const int64_t elements_, message_;  // of a step, and of what a rank sends
  int64_t taken_ = 0;                 // steps
  std::vector<float> mine_, all_;     // a message has the outputs of each step, the flag, and whether an attempt failed
  std::exception_ptr failure_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_SHARED_OUTPUTS_H_
