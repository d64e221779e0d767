// The loop behind Trainer::Fit.
#ifndef BRINE_RUNTIME_TRAINER_FIT_LOOP_H_
#define BRINE_RUNTIME_TRAINER_FIT_LOOP_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/trainer/trainer.h"

namespace brine {

class FolderClaim;

struct MetricSums {
  double loss = 0, accuracy = 0;  // sums over rows
  int64_t rows = 0;

  void Add(const brine_state* state, const brine_function* function, int32_t count);
  Metrics Means() const;
};

// Where a run stands: `batch` batches of `epoch` are done and summed up.  What a checkpoint holds beside the state.
struct FitPosition {
  int64_t epoch = 0, batch = 0;
  MetricSums sums;
};

// The order of `count` samples in an epoch: Fisher–Yates with the numbers (element, epoch, "shuffle") of the seed.
void ShuffledOrder(uint64_t seed, int64_t epoch, std::vector<int64_t>& order);

class FitLoop {
 public:
  FitLoop(Trainer& trainer, const Dataset& data, const FitOptions& options);
  History Run();

 private:
  std::unique_ptr<FolderClaim> OpenFolder();  // and goes on from it, where asked to; null without one
  void RunEpoch(EpochResult& result);
  void Validate(EpochResult& result);
  void SaveCheckpoint();

  Trainer& trainer_;
  const FitOptions& options_;
  std::vector<Callback> callbacks_;
  Dataset train_, validation_;
  int64_t batch_size_;
  FitPosition position_;
  std::vector<int64_t> order_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_FIT_LOOP_H_
