#include "runtime/trainer/trainer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "runtime/core/checkpoint.h"
#include "runtime/core/cpu.h"
#include "runtime/core/expression.h"
#include "runtime/core/layout.h"
#include "runtime/trainer/batch_reader.h"
#include "runtime/trainer/class_names.h"
#include "runtime/trainer/fit_loop.h"
#include "runtime/trainer/shapes.h"
#include "runtime/trainer/shared_outputs.h"
#include "runtime/trainer/tensor_file.h"

namespace brine {
namespace {

constexpr size_t kHugePage = 2 << 20;  // on x86-64, and on AArch64 if small pages have 4 KB
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

ExitCode ExitCodeOf(brine_status status) {
  return status == BRINE_DIVERGED ? kExitDiverged : status == BRINE_INVALID ? kExitBadInput : kExitFailed;
}

void ThrowIfFailed(brine_status status, const brine_state* state) {
  if (status != BRINE_OK) ThrowError(ExitCodeOf(status), {brine_error(state)});
}

Observation::Observation(brine_state* state, Observer observer)
    : state_(state), observer_(std::move(observer)), before_(state->observer), before_user_(state->observer_user) {
  brine_observe(
      state,
      [](void* user, const brine_call* call, int done) {
        const auto& self = *static_cast<Observation*>(user);
        if (self.before_ != nullptr) self.before_(self.before_user_, call, done);
        self.observer_(call, done != 0);
      },
      this);
}

void Trainer::FreeState::operator()(brine_state* state) const { std::free(state); }

Trainer::Trainer(const brine_program& program, const TrainerOptions& options)
    : ranks_(options.communicator), program_(&program) {
  char error[512];
  const brine_status status = brine_check(&program, error, sizeof(error));
  if (status != BRINE_OK) ThrowError(status == BRINE_INVALID ? kExitBadInput : kExitFailed, {error});
  const size_t bytes = brine_state_bytes(&program);
  void* const memory = std::aligned_alloc(kHugePage, (bytes + kHugePage - 1) / kHugePage * kHugePage);
  if (memory == nullptr) ThrowError(kExitFailed, {"no memory for the ", bytes, " bytes of ", program.name});
  // Each step reads all weights and slots.  With small pages, these need more address translations than the processor
  // can keep.  The last part, which does not fill a huge page, keeps small ones.
  if (bytes >= kHugePage) madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  program.backend->set_threads(options.threads > 0 ? options.threads : brine_available_threads());
  state_.reset(brine_state_init(&program, memory, options.seed));
}

int Trainer::RowsOfShard(int batch_size, int shards) const {
  const int most = program_->batch_size;
  if (batch_size == 0) batch_size = most;
  if (batch_size % shards != 0)
    ThrowError(kExitUsage, {"batch size ", batch_size, " is not a multiple of ", shards, ", the number of shards"});
  if (batch_size < 0 || batch_size / shards > most) {
    ThrowError(kExitUsage, {"batch size ", batch_size, ": the program was compiled for 1 to ", int64_t{most} * shards});
  }
  return batch_size / shards;
}

History Trainer::Fit(const Dataset& data, const FitOptions& options) {
  stop_ = false;
  checkpoint_folder_ = options.checkpoint;
  if (!data.class_names.empty()) class_names_ = data.class_names;
  if (!data.element_names.empty()) element_names_ = data.element_names;
  return ranks_.Together([&] { return std::make_unique<FitLoop>(*this, data, options); })->Run();
}

Results Trainer::Evaluate(const Dataset& data, int batch_size) {
  const brine_function& function = FunctionOf(*program_, "evaluate");
  ranks_.Together([&] {
    batch_size = RowsOfShard(batch_size);
    if (data.size() == 0) ThrowError(kExitBadInput, {"there are no samples to evaluate"});
  });
  if (ranks_.several() && fit_loop_ == nullptr) {  // Fit has compared its data
    ranks_.Compare(ranks_.Together([&] {
      std::vector<Fact> facts;
      AddFactsOfData("test", function, data, facts);
      return facts;
    }));
  }
  ResultSums sums(function);
  const Dataset with_classes = WithClasses(data, class_names_);
  if (ranks_.several())
    ranks_.Guard([&] { AddOnRanks(sums, with_classes, batch_size); });
  else
    RunBatches(ranks_, function, with_classes, batch_size, [&](int64_t, int32_t rows, const auto& step) {
      step();
      sums.Add(state_.get(), rows);
    });
  Results results = ResultsOf(function);
  sums.Write(results);
  return results;
}

void Trainer::AddOnRanks(ResultSums& sums, const Dataset& data, int batch_size) {
  SharedOutputs outputs(ranks_, *sums.function, 1);
  RunBatches(ranks_, *sums.function, data, batch_size, [&](int64_t first, int32_t rows, const auto& step) {
    outputs.Attempt([&] {
      if (rows == 0) return;
      step();
      outputs.Take(state_.get());
    });
    outputs.Gather();
    for (int32_t rank = 0; rank < ranks_.size() && first < data.size(); ++rank, first += batch_size)
      sums.Add(outputs.Of(rank, 0), static_cast<int32_t>(std::min<int64_t>(batch_size, data.size() - first)));
  });
}

std::vector<Prediction> Trainer::Predict(const Dataset& data) {
  const brine_function& function = FunctionOf(*program_, "predict");
  std::vector<Prediction> predictions;
  std::vector<const float*> rows_of;
  for (const brine_output& output : std::span(function.outputs, static_cast<size_t>(function.output_count))) {
    predictions.push_back({output.name, RowElements(function.values[output.value]), output.classes, {}});
    predictions.back().values.reserve(static_cast<size_t>(data.size() * predictions.back().columns));
    rows_of.push_back(brine_output_data(state_.get(), &function, output.name));
  }
  RunBatches(Ranks(nullptr), function, data, program_->batch_size, [&](int64_t, int32_t rows, const auto& step) {
    step();
    for (size_t index = 0; index < predictions.size(); ++index)
      predictions[index].values.insert(predictions[index].values.end(), rows_of[index],
                                       rows_of[index] + rows * predictions[index].columns);
  });
  return predictions;
}

std::vector<float> Trainer::Predict(Samples samples) {
  const brine_function& function = FunctionOf(*program_, "predict");
  const std::vector<const brine_input*> inputs = FedInputs(function);
  if (inputs.size() != 1 || function.output_count != 1)
    ThrowError(kExitBadInput, {program_->name, " has several inputs or outputs, which have names"});
  const int64_t elements = RowElements(function.values[inputs[0]->value]);
  const auto total = static_cast<int64_t>(std::visit([](auto span) { return span.size(); }, samples));
  if (total % elements != 0)
    ThrowError(kExitBadInput, {total, " elements are no whole number of samples of ", elements});
  const Labels array = std::visit([](auto span) { return Labels(span); }, samples);
  return std::move(Predict(Dataset({{"", total / elements, array}})).front().values);
}

void Trainer::RunBatches(const Ranks& ranks, const brine_function& function, const Dataset& data, int batch_size,
                         const BatchVisitor& visit) {
  if (data.size() == 0) return;
  const auto reader = ranks.Together([&] {
    CheckSameNames("columns", data.element_names, element_names_);
    ThrowIfFailed(brine_check_variables(state_.get()), state_.get());
    return std::make_unique<BatchReader>(state_.get(), &function, data);
  });
  std::vector<int64_t> indices(static_cast<size_t>(batch_size));
  for (int64_t first = 0; first < data.size(); first += int64_t{batch_size} * ranks.size()) {
    const int64_t begin = first + int64_t{batch_size} * ranks.rank();
    const auto rows = static_cast<int32_t>(std::clamp<int64_t>(data.size() - begin, 0, batch_size));
    visit(first, rows, [&] {
      std::iota(indices.begin(), indices.end(), begin);
      reader->Read({indices.data(), static_cast<size_t>(rows)});
      ThrowIfFailed(brine_step(state_.get(), &function, rows), state_.get());
    });
  }
}

void Trainer::Save(const std::string& path) {
  if (!ranks_.is_first()) return;
  const std::string classes = EncodeClassNames(class_names_), elements = EncodeClassNames(element_names_);
  std::vector<brine_note> notes;
  for (const auto& [key, names] : {std::pair(kClassNamesNote, &classes), std::pair(kElementNamesNote, &elements)}) {
    if (!names->empty()) notes.push_back({{key, std::strlen(key)}, {names->data(), names->size()}});
  }
  ranks_.Guard([&] {
    ThrowIfFailed(brine_save_with_notes(state_.get(), path.c_str(), notes.data(), notes.size()), state_.get());
  });
}

void Trainer::LoadWith(const std::string& path,
                       brine_status (*restore)(brine_state* state, const brine_tensors* file, const char* path)) {
  TensorFile file;
  ranks_.Together([&] {
    std::string why;
    if (ranks_.is_first() && !file.Read(path, why)) ThrowError(kExitBadInput, {why});
  });
  file.Share(ranks_);
  ranks_.Together([&] { ThrowIfFailed(restore(state_.get(), &file.tensors, path.c_str()), state_.get()); });
  for (const auto& [key, names] :
       {std::pair(kClassNamesNote, &class_names_), std::pair(kElementNamesNote, &element_names_)}) {
    std::vector<std::string> loaded = DecodeClassNames(file.Note(key));
    if (!loaded.empty()) *names = std::move(loaded);
  }
}
void Trainer::Load(const std::string& path) { LoadWith(path, brine_restore); }
void Trainer::LoadParameters(const std::string& path) { LoadWith(path, brine_restore_parameters); }

double Trainer::GetScalar(const std::string& name) const { return brine_get_scalar(state_.get(), name.c_str()); }
void Trainer::SetScalar(const std::string& name, double value) {
  if (!std::isfinite(value)) ThrowError(kExitUsage, {name, " must be a finite number"});
  ThrowIfFailed(brine_set_scalar(state_.get(), name.c_str(), value), state_.get());
}

const Result* Results::Find(std::string_view name) const {
  const auto result = std::find_if(all.begin(), all.end(), [&](const Result& row) { return row.name == name; });
  return result == all.end() ? nullptr : &*result;
}

double Results::operator[](std::string_view name) const {
  const Result* const result = Find(name);
  return result == nullptr ? kUnknown : result->value;
}

const Result* EpochResult::Find(std::string_view name) const {
  const Result* const result = name.starts_with("val_") ? validation.Find(name.substr(4)) : nullptr;
  return result == nullptr ? train.Find(name) : result;
}

double EpochResult::operator[](std::string_view name) const {
  const Result* const result = Find(name);
  return result == nullptr ? kUnknown : result->value;
}

std::vector<std::pair<std::string, double>> Logs(const EpochResult& result) {
  std::vector<std::pair<std::string, double>> logs;
  const auto add = [&](std::string name, double value) {
    auto after = logs.begin();
    while (after != logs.end() && after->first < name) ++after;
    logs.emplace(after, std::move(name), value);
  };
  for (const Result& row : result.train.all) add(std::string(row.name), row.value);
  for (const Result& row : result.validation.all) add("val_" + std::string(row.name), row.value);
  return logs;
}

Results ResultsOf(const brine_function& function) {
  Results results;
  for (const brine_output& output : std::span(function.outputs, static_cast<size_t>(function.output_count))) {
    if (output.kind == BRINE_MEAN) results.all.push_back({output.name, kUnknown, output.better});
  }
  for (const brine_result& result : std::span(function.results, static_cast<size_t>(function.result_count)))
    results.all.push_back({result.name, kUnknown, result.better});
  return results;
}

ResultSums::ResultSums(const brine_function& of) : function(&of) {
  for (const brine_output& output : std::span(of.outputs, static_cast<size_t>(of.output_count))) {
    const brine_value& value = of.values[output.value];
    const bool is_vector = output.kind == BRINE_SUM && value.rank > 0;
    sums.emplace_back(output.kind == BRINE_PREDICTION ? 0 : is_vector ? static_cast<size_t>(value.dims[0]) : 1);
    addresses.push_back(sums.back().data());
  }
}

template <typename ElementsOf>
void ResultSums::AddWith(int32_t count, const ElementsOf& elements_of) {
  for (size_t index = 0; index < sums.size(); ++index) {
    if (sums[index].empty()) continue;
    const float* const elements = elements_of(index);
    const double factor = function->outputs[index].kind == BRINE_MEAN ? count : 1;
    for (size_t element = 0; element < sums[index].size(); ++element)
      sums[index][element] += factor * double{elements[element]};
  }
  rows += count;
}

void ResultSums::Add(const brine_state* state, int32_t count) {
  AddWith(count, [&](size_t index) { return brine_output_data(state, function, function->outputs[index].name); });
}

void ResultSums::Add(const float* copies, int32_t count) {
  AddWith(count, [&](size_t index) { return std::exchange(copies, copies + sums[index].size()); });
}

int64_t ResultSums::elements() const {
  int64_t elements = 0;
  for (const std::vector<double>& sum : sums) elements += static_cast<int64_t>(sum.size());
  return elements;
}

void ResultSums::Copy(const brine_state* state, float* copies) const {
  for (size_t index = 0; index < sums.size(); ++index) {
    if (!sums[index].empty())
      copies =
          std::copy_n(brine_output_data(state, function, function->outputs[index].name), sums[index].size(), copies);
  }
}

void ResultSums::Write(Results& results) const {
  size_t written = 0;
  for (size_t index = 0; index < sums.size(); ++index) {
    if (function->outputs[index].kind == BRINE_MEAN)
      results.all[written++].value = sums[index][0] / static_cast<double>(rows);
  }
  for (int32_t index = 0; index < function->result_count; ++index)
    results.all[written++].value = brine_evaluate_result(function, &function->results[index], addresses.data(), rows);
}

}  // namespace brine
