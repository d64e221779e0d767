#include "runtime/trainer/trainer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <utility>

#include "runtime/core/checkpoint.h"
#include "runtime/core/cpu.h"
#include "runtime/trainer/batch_reader.h"
#include "runtime/trainer/fit_loop.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

constexpr size_t kHugePage = 2 << 20;  // of x86-64, and of AArch64 with small pages of 4 KB
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void ThrowIfFailed(brine_status status, const brine_state* state) {
  if (status == BRINE_OK) return;
  throw Error(status == BRINE_DIVERGED  ? kExitDiverged
              : status == BRINE_INVALID ? kExitBadInput
                                        : kExitFailed,
              brine_error(state));
}

Observation::Observation(brine_state* state, Look look) : state_(state), look_(std::move(look)) {
  brine_observe(
      state,
      [](void* self, const brine_call* call, int done) { static_cast<Observation*>(self)->look_(call, done != 0); },
      this);
}

void Trainer::FreeState::operator()(brine_state* state) const { std::free(state); }

Trainer::Trainer(const brine_program& program, const TrainerOptions& options) : program_(&program) {
  char error[512];
  const brine_status status = brine_check(&program, error, sizeof(error));
  if (status != BRINE_OK) throw Error(status == BRINE_INVALID ? kExitBadInput : kExitFailed, error);
  const size_t bytes = brine_state_bytes(&program);
  void* const memory = std::aligned_alloc(kHugePage, (bytes + kHugePage - 1) / kHugePage * kHugePage);
  if (memory == nullptr)
    throw Error(kExitFailed, "no memory for the " + std::to_string(bytes) + " bytes of " + program.name);
  // Weights and their slots are walked from end to end in each step: with small pages half a megabyte of them would use
  // up the table of translations.  What does not fill a huge page keeps small ones.
  if (bytes >= kHugePage) madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  program.backend->set_threads(options.threads > 0 ? options.threads : brine_available_threads());
  state_.reset(brine_state_init(&program, memory, options.seed));
}

int Trainer::CheckBatchSize(int batch_size) const {
  if (batch_size < 0 || batch_size > program_->batch_size) {
    throw Error(kExitUsage, "batch size " + std::to_string(batch_size) + ": the program was compiled for 1 to " +
                                std::to_string(program_->batch_size));
  }
  return batch_size == 0 ? program_->batch_size : batch_size;
}

History Trainer::Fit(const Dataset& data, const FitOptions& options) {
  stop_ = false;
  return FitLoop(*this, data, options).Run();
}

Metrics Trainer::Evaluate(const Dataset& data, int batch_size) {
  batch_size = CheckBatchSize(batch_size);
  if (data.size() == 0) throw Error(kExitBadInput, "there are no samples to evaluate");
  ThrowIfFailed(brine_check_variables(state_.get()), state_.get());
  BatchReader reader(state_.get(), &program_->evaluate, data);
  std::vector<int64_t> indices(static_cast<size_t>(batch_size));
  MetricSums sums;
  for (int64_t begin = 0; begin < data.size(); begin += batch_size) {
    const auto rows = static_cast<int32_t>(std::min<int64_t>(batch_size, data.size() - begin));
    std::iota(indices.begin(), indices.end(), begin);
    reader.Read({indices.data(), static_cast<size_t>(rows)});
    ThrowIfFailed(brine_evaluate_step(state_.get(), rows), state_.get());
    sums.Add(state_.get(), &program_->evaluate, rows);
  }
  return sums.Means();
}

std::vector<float> Trainer::Predict(Samples samples) {
  const int64_t columns = RowElements(PredictedOutput(*program_)),
                elements = RowElements(OnlyInput(program_->predict, BRINE_DATA));
  const auto total = static_cast<int64_t>(std::visit([](auto span) { return span.size(); }, samples));
  if (total % elements != 0)
    throw Error(kExitBadInput,
                std::to_string(total) + " elements are no whole number of samples of " + std::to_string(elements));
  const int64_t count = total / elements;
  if (count == 0) return {};
  ThrowIfFailed(brine_check_variables(state_.get()), state_.get());
  const std::vector<int32_t> no_labels(static_cast<size_t>(count));
  const Dataset data(count, samples, std::span<const int32_t>(no_labels));
  BatchReader reader(state_.get(), &program_->predict, data);
  const float* const output = brine_output_data(state_.get(), &program_->predict, "output");
  std::vector<float> predictions;
  predictions.reserve(static_cast<size_t>(count * columns));
  std::vector<int64_t> indices(static_cast<size_t>(program_->batch_size));
  for (int64_t begin = 0; begin < count; begin += program_->batch_size) {
    const auto rows = static_cast<int32_t>(std::min<int64_t>(program_->batch_size, count - begin));
    std::iota(indices.begin(), indices.end(), begin);
    reader.Read({indices.data(), static_cast<size_t>(rows)});
    ThrowIfFailed(brine_predict_step(state_.get(), rows), state_.get());
    predictions.insert(predictions.end(), output, output + rows * columns);
  }
  return predictions;
}

void Trainer::Save(const std::string& path) { ThrowIfFailed(brine_save(state_.get(), path.c_str()), state_.get()); }
void Trainer::Load(const std::string& path) { ThrowIfFailed(brine_load(state_.get(), path.c_str()), state_.get()); }
void Trainer::LoadParameters(const std::string& path) {
  ThrowIfFailed(brine_load_parameters(state_.get(), path.c_str()), state_.get());
}

double Trainer::GetScalar(const std::string& name) const { return brine_get_scalar(state_.get(), name.c_str()); }
void Trainer::SetScalar(const std::string& name, double value) {
  if (!std::isfinite(value)) throw Error(kExitUsage, name + " must be a finite number");
  ThrowIfFailed(brine_set_scalar(state_.get(), name.c_str(), value), state_.get());
}

void MetricSums::Add(const brine_state* state, const brine_function* function, int32_t count) {
  const float* const batch_loss = brine_output_data(state, function, "loss");
  const float* const batch_accuracy = brine_output_data(state, function, "accuracy");
  loss += batch_loss == nullptr ? kNone : double{*batch_loss} * count;
  accuracy += batch_accuracy == nullptr ? kNone : double{*batch_accuracy} * count;
  rows += count;
}

Metrics MetricSums::Means() const { return {loss / static_cast<double>(rows), accuracy / static_cast<double>(rows)}; }

}  // namespace brine
