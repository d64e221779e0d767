// The loop of Trainer::Fit.
#ifndef BRINE_RUNTIME_TRAINER_FIT_LOOP_H_
#define BRINE_RUNTIME_TRAINER_FIT_LOOP_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/trainer/trainer.h"

namespace brine {

class FolderLock;

// One for each of the function's outputs that batches can be averaged over.
Results ResultsOf(const brine_function& function);

// A function's results, summed up over rows.
struct ResultSums {
  const brine_function* function;
  std::vector<double> sums;  // in the order of ResultsOf
  int64_t rows = 0;

  explicit ResultSums(const brine_function& of);
  void Add(const brine_state* state, int32_t count);  // the step that was just made, with so many rows
  void WriteMeans(Results& results) const;            // of the same function; allocates nothing
};

// The position of a run: `batch` batches of `epoch` are done and added up.  A checkpoint holds it beside the state.
struct FitPosition {
  int64_t epoch = 0, batch = 0;
  ResultSums sums;
};

// The order of `count` samples in an epoch: Fisher–Yates with the numbers (element, epoch, "shuffle") of the seed.
void ShuffledOrder(uint64_t seed, int64_t epoch, std::vector<int64_t>& order);

class FitLoop {
 public:
  FitLoop(Trainer& trainer, const Dataset& data, const FitOptions& options);
  History Run();

 private:
  std::unique_ptr<FolderLock> OpenFolder();  // and resumes from it, if asked to; null if there is none
  void RunEpoch(EpochResult& result);
  void Validate(EpochResult& result);
  void SaveCheckpoint();

  Trainer& trainer_;
  const brine_function& function_;
  const FitOptions& options_;
  std::vector<Callback> callbacks_;
  Dataset train_, validation_;
  int64_t batch_size_;
  FitPosition position_;
  std::vector<int64_t> order_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_FIT_LOOP_H_
