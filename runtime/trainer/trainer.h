// Trains a compiled model: Keras's fit, evaluate and predict.
//
//   brine::Trainer t(cifar10_cnn::Program());
//   t.Fit(data.train, {.epochs = 10, .batch_size = 32, .validation_data = &data.test});
//   const double accuracy = t.Evaluate(data.test)["accuracy"];
//
// All functions throw brine::Error (error.h) if they fail.  A Trainer must be used by one thread at a time; several
// Trainers may train at the same time.
#ifndef BRINE_RUNTIME_TRAINER_TRAINER_H_
#define BRINE_RUNTIME_TRAINER_TRAINER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/core/safetensors.h"
#include "runtime/core/state.h"
#include "runtime/trainer/dataset.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/ranks.h"

namespace brine {

class FitLoop;
struct ResultSums;
class Trainer;

// A loss or a metric: "loss", "accuracy", "precision", or in a model with several outputs "parity_loss" and so on.
struct Result {
  std::string_view name;                  // a string of the program's tables
  double value;                           // NaN until there is one
  uint8_t better = BRINE_BETTER_UNKNOWN;  // brine_better
};

// The results of a function, in the program's order.
struct Results {
  std::vector<Result> all;

  const Result* Find(std::string_view name) const;  // null if the model does not compute it
  double operator[](std::string_view name) const;   // NaN if the model does not compute it
};

// The results of an epoch, or of the part of it that is done.
struct EpochResult {
  int epoch = 0;            // counted from 0
  int64_t batch = 0;        // the number of batches that are done
  int64_t batches = 0;      // the number of batches of the epoch
  Results train = {};       // over the batches that are done
  Results validation = {};  // empty until the end of the epoch, and if there are no validation data
  double seconds = 0;       // the time of the epoch in this process, with validation
  int64_t steps = 0;        // the number of steps of the epoch in this process
  // With several ranks, the time in which the shards' means were under way, and the part of it in which this process
  // waited for them instead of computing.
  double communication_seconds = 0, waiting_seconds = 0;

  // A result by the name that it has in Logs.  Null, or NaN, if there is none.  A result of training may be called
  // val_loss, too, such as the loss of an output `val`: if there is one of validation, the name means that.
  const Result* Find(std::string_view name) const;
  double operator[](std::string_view name) const;
};

// The results of an epoch in alphabetical order: "accuracy", "loss", "val_accuracy", "val_loss".  Results that do not
// exist yet are NaN.
std::vector<std::pair<std::string, double>> Logs(const EpochResult& result);

struct History {
  std::vector<EpochResult> epochs;  // those that ended in this process
  bool stopped = false;             // whether Trainer::Stop ended Fit
};

// Functions that Fit calls.  Each may be empty.  They may change scalars, evaluate, save and stop, and if there are
// several ranks, each rank must do the same in the same step; so they must not decide by the clock.  Those of Keras are
// in callbacks.h.
struct Callback {
  using Function = std::function<void(Trainer&, const EpochResult&)>;
  Function on_epoch_begin = {}, on_batch_end = {}, on_epoch_end = {};
  // Called before the first epoch of the run, with the number of that epoch and the names of all results that epochs
  // will have, and at the end of Fit, with the last results.
  Function on_train_begin = {}, on_train_end = {};
  // Gives back what the callback holds of the trainer only while Fit runs.  Called when Fit ends, after on_train_end,
  // and also when Fit throws, in which case on_train_end is not called.  It must not throw.
  std::function<void()> release = {};

  // What the callback has counted.  Each checkpoint stores the result of `numbers` unless it is empty.  A run that
  // resumes calls `on_resume` with it after on_train_begin, unless the checkpoint has nothing under this name.
  std::string name = {};  // in checkpoints: printable ASCII characters without quotes and backslashes.  Of several
                          // callbacks with the same name, the later ones get a number.
  std::function<std::vector<double>()> numbers = {};
  std::function<void(Trainer&, const std::vector<double>&)> on_resume = {};

  // Whether it only prints or writes files, so that of several ranks the first alone calls it.
  bool first_rank_only = false;

  // The file that the callback writes in this run; empty if it writes none.  Fit refuses two callbacks with one file.
  std::function<std::string(const Trainer&)> file = {};
};

struct FitOptions {
  int epochs = 1;
  // The rows of a step, or with gradient accumulation those of a shard; 0 stands for the batch size of the program.  A
  // shard has at most so many rows.
  int batch_size = 0;
  // If this is more than 1, so many batches are the shards of one step, which updates the weights with the mean of
  // their gradients (brine_step_shard in core/state.h).
  int gradient_accumulation_steps = 1;
  // Otherwise the number of equal shards into which a batch is cut, which divides its size; 0 stands for the number of
  // ranks, which divides any number of shards.  Results with equally many shards have the same bits on any number of
  // ranks.
  int shards = 0;
  const Dataset* validation_data = nullptr;  // if not null, evaluated after each epoch
  double validation_split = 0;     // the share of the training data, from its end, that only validates; in [0, 1)
  bool shuffle = true;             // whether each epoch has an order of its own (ShuffledOrder in fit_loop.h)
  ClassWeights class_weight = {};  // of the classes of the only label, in training only
  int initial_epoch = 0;
  std::vector<Callback> callbacks = {};
  std::string checkpoint =
      {};               // if not empty, the folder that gets a checkpoint after each epoch and when Fit is stopped
  bool resume = false;  // whether to continue from the newest checkpoint, with its seed, steps and scalars
  bool verbose = true;  // whether to print progress to stderr
};

// One output of the model for all samples: a row of `columns` numbers for each sample.
struct Prediction {
  std::string_view name;  // a string of the program's tables
  int64_t columns = 0;
  int64_t classes = 0;  // the number of classes, if a row has a number for each class; otherwise 0
  std::vector<float> values;
};

struct TrainerOptions {
  uint64_t seed = 0;  // of initial weights, the order of samples, and random layers
  int threads = 0;    // of the process's pool; 0 stands for all processors that the process may use
  // Through which this process trains the model together with others, the ranks; null if it is alone.  It must outlive
  // the trainer.  Every rank makes a trainer of the same program and calls Fit, Evaluate, Load and LoadParameters with
  // the same arguments, in the same order.  Fit throws Error on all ranks if their programs, data or options differ;
  // callbacks are not compared, and must do the same.  If a rank fails alone later, it prints why and ends all of them.
  const brine_communicator* communicator = nullptr;
};

class Trainer {
 public:
  explicit Trainer(const brine_program& program, const TrainerOptions& options = {});

  History Fit(const Dataset& data, const FitOptions& options = {});
  Results Evaluate(const Dataset& data, int batch_size = 0);  // batch_size as in FitOptions
  // A prediction for each output.  Labels in the data are ignored.
  std::vector<Prediction> Predict(const Dataset& data);
  // For a model with one data input and one output.  The samples have the shape of the input's rows; the result has a
  // row of the output for each.
  std::vector<float> Predict(Samples samples);

  // Of several ranks, the first alone writes and reads files; it sends the others what it has read.
  void Save(const std::string& path);  // all variables, the seed, the number of steps, the scalars, the class names
  void Load(const std::string& path);  // restores what Save wrote
  void LoadParameters(const std::string& path);  // brine_load_parameters (core/checkpoint.h)

  double learning_rate() const { return GetScalar("learning_rate"); }
  void set_learning_rate(double rate) { SetScalar("learning_rate", rate); }
  double GetScalar(const std::string& name) const;
  void SetScalar(const std::string& name, double value);  // must be finite

  void Stop() { stop_ = true; }  // makes Fit end after the current step
  // The names of the classes, which the data of Fit and the files of Load may have; empty if none had.
  const std::vector<std::string>& class_names() const { return class_names_; }

  // The folder of checkpoints of the last call of Fit; empty if it has none.
  const std::string& checkpoint_folder() const { return checkpoint_folder_; }

  // The call of Fit that runs, for callbacks (fit_loop.h).  Null if none does.
  const FitLoop* fit_loop() const { return fit_loop_; }

  const Ranks& ranks() const { return ranks_; }
  brine_state* state() { return state_.get(); }  // for the functions of core/state.h
  const brine_program& program() const { return *program_; }

 private:
  friend class FitLoop;
  struct FreeState {
    void operator()(brine_state* state) const;
  };
  // Reads a file and applies `restore`, a function of core/checkpoint.h, to it.
  void LoadWith(const std::string& path,
                brine_status (*restore)(brine_state* state, const brine_tensors* file, const char* path));
  // The rows of each of the shards of a batch of this size; 0 stands for the largest size.
  int RowsOfShard(int batch_size, int shards = 1) const;
  // Calls visit(first, rows, step) for each batch of the data, in their order; `step` executes a step of the function.
  // If the batches are shared out among several ranks, of successive batches each rank visits one, or in the end none,
  // which then has no rows and needs no step; `first` is the first sample of the first of these batches.
  using BatchVisitor = std::function<void(int64_t first, int32_t rows, const std::function<void()>& step)>;
  void RunBatches(const Ranks& ranks, const brine_function& function, const Dataset& data, int batch_size,
                  const BatchVisitor& visit);
  void AddOnRanks(ResultSums& sums, const Dataset& data, int batch_size);  // evaluates on several ranks

  const Ranks ranks_;
  const brine_program* program_;
  std::unique_ptr<brine_state, FreeState> state_;
  std::string checkpoint_folder_;
  std::vector<std::string> class_names_, element_names_;
  const FitLoop* fit_loop_ = nullptr;
  bool stop_ = false;
};

// While an object of this class lives, `observer` is called as brine_observe (core/state.h) says, after the observer
// that there was before.  An object that is made later must end earlier.
class Observation {
 public:
  using Observer = std::function<void(const brine_call* call, bool done)>;
  Observation(brine_state* state, Observer observer);
  ~Observation() { brine_observe(state_, before_, before_user_); }
  Observation(const Observation&) = delete;
  Observation& operator=(const Observation&) = delete;

 private:
  brine_state* state_;
  Observer observer_;
  brine_observer before_;
  void* before_user_;
};

// The exit code for a status that is not BRINE_OK.
ExitCode ExitCodeOf(brine_status status);

// Throws Error with brine_error(state) unless the status is BRINE_OK.
void ThrowIfFailed(brine_status status, const brine_state* state);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_TRAINER_H_
