// Trains a compiled model: Keras's fit, evaluate and predict.
//
//   brine::Trainer t(cifar10_cnn::Program());
//   t.Fit(data.train, {.epochs = 10, .batch_size = 32, .validation_data = &data.test});
//   const double accuracy = t.Evaluate(data.test)["accuracy"];
//
// Everything here reports failure by throwing brine::Error (error.h).  One Trainer belongs to one thread; several may
// train at once.
#ifndef BRINE_RUNTIME_TRAINER_TRAINER_H_
#define BRINE_RUNTIME_TRAINER_TRAINER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/state.h"
#include "runtime/trainer/dataset.h"
#include "runtime/trainer/error.h"

namespace brine {

class Trainer;

// The values of a function's outputs over some samples, by the outputs' names: "loss", "accuracy", and for a model with
// several outputs "parity_loss", "parity_accuracy", in the program's order.
struct Result {
  std::string_view name;  // in the program's tables
  double value;           // NaN until there is one
};
struct Results {
  std::vector<Result> all;

  double operator[](std::string_view name) const;  // NaN if the model does not compute it
};

// An epoch, or the part of it that is done.
struct EpochResult {
  int epoch = 0;                        // from 0
  int64_t batch = 0, batches = 0;       // done, and in all
  Results train = {}, validation = {};  // validation: empty without validation data, and until the epoch's end
  double seconds = 0;                   // in this process
  int64_t steps = 0;                    // in this process
};

struct History {
  std::vector<EpochResult> epochs;  // those that ended in this process
  bool stopped = false;             // by Trainer::Stop
};

// Functions that Fit calls; each may be empty.  They may change scalars, evaluate, save and stop.
struct Callback {
  std::function<void(Trainer&, const EpochResult&)> on_epoch_begin, on_batch_end, on_epoch_end;
};

struct FitOptions {
  int epochs = 1;
  int batch_size = 0;                        // at most the batch size of the program; 0: exactly that
  const Dataset* validation_data = nullptr;  // evaluated after each epoch
  double validation_split = 0;               // part of the training data, from its end, kept for validation; in [0, 1)
  bool shuffle = true;                       // a new order each epoch, of the seed and the epoch alone
  int initial_epoch = 0;
  std::vector<Callback> callbacks = {};
  std::string checkpoint =
      {};               // folder for step-N.safetensors at each epoch's end and when stopped; the newest two are kept
  bool resume = false;  // continue the newest valid checkpoint; its seed, step and scalars hold
  bool verbose = true;  // Keras's line on stderr
};

// One output of the model for each sample: rows of `columns` numbers, in C order.
struct Prediction {
  std::string_view name;  // in the program's tables
  int64_t columns = 0;
  int64_t classes = 0;  // a row holds a number for each of so many classes; 0: it holds numbers
  std::vector<float> values;
};

struct TrainerOptions {
  uint64_t seed = 0;
  int threads = 0;  // of the process's pool; 0: all that the process may use
};

class Trainer {
 public:
  explicit Trainer(const brine_program& program, const TrainerOptions& options = {});

  History Fit(const Dataset& data, const FitOptions& options = {});
  Results Evaluate(const Dataset& data, int batch_size = 0);
  std::vector<Prediction> Predict(const Dataset& data);  // of each output; labels, if present, are ignored
  // Of a model with one input and one output: of dense samples in the input's layout, a row of the output each.
  std::vector<float> Predict(Samples samples);

  void Save(const std::string& path);            // parameters, slots, step, scalars
  void Load(const std::string& path);            // a file that Save wrote
  void LoadParameters(const std::string& path);  // all but slots, from any safetensors file that has them

  double learning_rate() const { return GetScalar("learning_rate"); }
  void set_learning_rate(double rate) { SetScalar("learning_rate", rate); }
  double GetScalar(const std::string& name) const;
  void SetScalar(const std::string& name, double value);  // must be finite

  void Stop() { stop_ = true; }  // ends Fit after the current step

  brine_state* state() { return state_.get(); }  // for what core/state.h offers
  const brine_program& program() const { return *program_; }

 private:
  friend class FitLoop;
  struct FreeState {
    void operator()(brine_state* state) const;
  };
  int CheckBatchSize(int batch_size) const;
  // A step of the function for each batch of the data, in their order.
  void RunBatches(const brine_function& function, const Dataset& data, int batch_size,
                  const std::function<void(int32_t rows)>& after);

  const brine_program* program_;
  std::unique_ptr<brine_state, FreeState> state_;
  bool stop_ = false;
};

// While it lives, `look` is told of each kernel of the state's steps and of the test for NaN; see brine_observe.
class Observation {
 public:
  using Look = std::function<void(const brine_call* call, bool done)>;
  Observation(brine_state* state, Look look);
  ~Observation() { brine_observe(state_, nullptr, nullptr); }
  Observation(const Observation&) = delete;
  Observation& operator=(const Observation&) = delete;

 private:
  brine_state* state_;
  Look look_;
};

// Throws the error that a failed call of the core left in the state.
void ThrowIfFailed(brine_status status, const brine_state* state);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_TRAINER_H_
