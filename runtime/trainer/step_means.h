// The results of some steps in the middle of an epoch.
#ifndef BRINE_RUNTIME_TRAINER_STEP_MEANS_H_
#define BRINE_RUNTIME_TRAINER_STEP_MEANS_H_

#include "runtime/trainer/fit_loop.h"

namespace brine {

class StepMeans {
 public:
  // `sums` are those of the loop (FitLoop::sums) before the first of the steps.
  explicit StepMeans(const ResultSums& sums);

  // The results over the steps since the last call.  `sums` are those of the loop now.
  const Results& Take(const ResultSums& sums);

  // The sums and rows of the loop at the last call of Take, for a checkpoint.  SetBegin restores them; numbers that
  // cannot be these change nothing.
  std::vector<double> Begin() const;
  void SetBegin(const std::vector<double>& numbers);

 private:
  ResultSums before_, since_;
  Results results_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_STEP_MEANS_H_
