// The loop over epochs and batches of Trainer::Fit.
#ifndef BRINE_RUNTIME_TRAINER_FIT_LOOP_H_
#define BRINE_RUNTIME_TRAINER_FIT_LOOP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/trainer/trainer.h"

namespace brine {

class BatchReader;
class FolderLock;
class ShardMean;
class SharedStep;
struct FitShape;

// A result, NaN at first, for each output of the function that is a mean over rows, and for each of its results.
Results ResultsOf(const brine_function& function);

// The outputs of a function, added up over the rows of several steps.
struct ResultSums {
  const brine_function* function;
  std::vector<std::vector<double>> sums;  // by output: the sum of each element; empty for predictions
  std::vector<const double*> addresses;   // of these sums, by output
  int64_t rows = 0;

  explicit ResultSums(const brine_function& of);
  ResultSums(ResultSums&&) = default;  // a copy would have the addresses of another
  ResultSums& operator=(ResultSums&&) = default;
  void Add(const brine_state* state, int32_t count);  // adds the outputs of the last step, which had `count` rows
  // The same in two parts: copies the outputs, which are so many numbers, and adds a copy.
  int64_t elements() const;
  void Copy(const brine_state* state, float* copies) const;
  void Add(const float* copies, int32_t count);
  void Write(Results& results) const;  // writes to ResultsOf(*function); allocates nothing

 private:
  template <typename ElementsOf>
  void AddWith(int32_t count, const ElementsOf& elements_of);
};

// The position of a run: `batch` batches of the epoch are done, and `sums` has their results.  A checkpoint stores it
// with the state.
struct FitPosition {
  int64_t epoch = 0, batch = 0;
  ResultSums sums;
  std::map<std::string, std::vector<double>> callbacks = {};      // by name: the numbers of those that have some
  std::vector<std::string> class_names = {}, element_names = {};  // of the data; empty if they have none
};

// Fills `order` with a permutation of its indices: the order of the samples in an epoch.  The algorithm is that of
// Fisher and Yates with the random numbers of (element, epoch, id of "shuffle"), so that seed and epoch alone determine
// the order.
void ShuffledOrder(uint64_t seed, int64_t epoch, std::vector<int64_t>& order);

class FitLoop {
 public:
  FitLoop(Trainer& trainer, const Dataset& data, const FitOptions& options);
  ~FitLoop();
  FitLoop(const FitLoop&) = delete;
  FitLoop& operator=(const FitLoop&) = delete;
  History Run();

  const FitOptions& options() const { return options_; }
  const Dataset& train_data() const { return train_; }            // without those that only validate
  const Dataset& validation_data() const { return validation_; }  // empty if the run does not validate
  int64_t batch_size() const { return batch_size_; }              // of a shard
  int shards() const { return shards_; }                          // of a step of whole size
  const ResultSums& sums() const { return position_.sums; }       // over the steps of the epoch so far
  bool is_interrupted() const;  // whether a signal asked for the end (interrupts.h), on any rank before the last step

 private:
  // Locks the folder of checkpoints, and restores the newest one if the run resumes.  Null if there is no folder.
  std::unique_ptr<FolderLock> OpenFolder();
  void TakeNames();  // of classes and columns, from a checkpoint if the data have none
  History RunOnRanks();
  History RunAll();
  History RunEpochs();
  void BeginCallbacks();
  void Call(Callback::Function Callback::*function, const EpochResult& result);
  void ShareStatistics();  // of the data, as the first rank has learnt them
  void CompareState();     // of the ranks, which must not drift apart
  void RunEpoch(EpochResult& result);
  void RunStep(BatchReader& reader, ShardMean& mean, std::span<const int64_t> rows);
  // The same on several ranks, of which each makes some of the shards.
  void RunStepOnRanks(BatchReader& reader, std::span<const int64_t> rows, EpochResult& result);
  FitShape Shape() const;
  void Validate(EpochResult& result);
  void SaveCheckpoint();

  Trainer& trainer_;
  const brine_function& function_;
  const FitOptions& options_;
  std::vector<Callback> callbacks_;
  Dataset train_, validation_;
  const int shards_;
  const int64_t batch_size_, step_rows_;  // of a shard, and of a step
  FitPosition position_;
  std::vector<int64_t> order_;
  SharedStep* shared_step_ = nullptr;  // of several ranks, while Run runs
  bool interrupted_ = false;           // any of them
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_FIT_LOOP_H_
