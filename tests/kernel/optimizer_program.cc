#include "tests/kernel/optimizer_program.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_replace.h"
#include "codegen/driver/build_program.h"
#include "codegen/driver/files.h"
#include "ir/text/text.h"
#include "runtime/core/checkpoint.h"
#include "runtime/core/layout.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

constexpr absl::string_view kModel = R"(graph "optimizer" stage=graph function=model {
  compile optimizer=OPTIMIZER
  loss "output" = "categorical_crossentropy" {from_logits=true} metrics=[]
  input %x : f32[n,19] data
INPUTS
  state %a/kernel : f32[19,7] parameter constant(0.0)
  state %b/bias : f32[7] parameter constant(0.0)
  %product = matmul(%x, %a/kernel) : f32[n,7]
  %logits = add(%product, %b/bias) : f32[n,7]
  output "output" = %logits
})";

}  // namespace

void Adam(Weight& weight, double g, int t) {
  weight.first = 0.9 * weight.first + (1 - 0.9) * g;
  weight.second = 0.999 * weight.second + (1 - 0.999) * g * g;
  const double m = weight.first / (1 - std::pow(0.9, t)), v = weight.second / (1 - std::pow(0.999, t));
  // Keras and the paper's shorter form add epsilon to the root before its correction.
  weight.w -= 0.01 * m / (std::sqrt(v) + 1e-7 / std::sqrt(1 - std::pow(0.999, t)));
}

Batch DrawBatch(std::mt19937& random) {
  Batch batch;
  std::normal_distribution<float> noise;
  for (int row = 0; row < kRows; ++row) {
    batch.classes.push_back(static_cast<int>(random() % kClasses));
    for (int column = 0; column < kInputs; ++column)
      batch.x.push_back(noise(random) + (column % kClasses == batch.classes.back() ? 1.0f : 0.0f));
  }
  return batch;
}

absl::Status OptimizerProgram::Build(const char* optimizer, const char* inputs) {
  const auto graphs = ir::Parse(absl::StrReplaceAll(kModel, {{"OPTIMIZER", optimizer}, {"INPUTS", inputs}}), "model");
  if (!graphs.ok()) return graphs.status();
  const auto planned = PlanModel(graphs->front(), kRows, {});
  if (!planned.ok()) return planned.status();
  const auto toolchain = FindToolchain();
  if (!toolchain.ok()) return toolchain.status();
  const auto cache = Cache::Open(TestOptions().cache_folder);
  if (!cache.ok()) return cache.status();
  ProgramOptions options;
  options.batch_size = kRows;
  options.emit = Emit::kShared;
  const auto built = BuildProgram(*planned, options, "", *toolchain, *cache);
  if (!built.ok()) return built.status();
  compiled_kernels_ = built->compiled;
  auto folder = TemporaryFolder::Create();
  if (!folder.ok()) return folder.status();
  const std::string path = folder->path() + "/optimizer.so";
  if (const absl::Status written = WriteFile(path, built->bytes); !written.ok()) return written;
  library_.reset(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (library_ == nullptr) return absl::InternalError(dlerror());
  using Table = const brine_program* (*)(void);
  const Table table = reinterpret_cast<Table>(dlsym(library_.get(), "optimizer_program"));
  if (table == nullptr) return absl::InternalError(dlerror());
  memory_.reset(std::aligned_alloc(64, (brine_state_bytes(table()) + 63) / 64 * 64));
  state_ = brine_state_init(table(), memory_.get(), 1);
  return state_ == nullptr ? absl::InternalError("the state was refused") : absl::OkStatus();
}

absl::Status OptimizerProgram::Train(const Batch& batch) {
  const brine_function* const train = brine_find_function(brine_state_program(state_), "train");
  std::copy(batch.x.begin(), batch.x.end(), static_cast<float*>(brine_input_data(state_, train, "x")));
  float* const label = static_cast<float*>(brine_input_data(state_, train, "label"));
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kClasses; ++column)
      label[row * kClasses + column] = column == batch.classes[static_cast<size_t>(row)] ? 1.0f : 0.0f;
  }
  return brine_step(state_, train, kRows) == BRINE_OK ? absl::OkStatus() : absl::InternalError(brine_error(state_));
}

std::vector<float> OptimizerProgram::Predict(const Batch& batch) {
  const brine_function* const predict = brine_find_function(brine_state_program(state_), "predict");
  std::copy(batch.x.begin(), batch.x.end(), static_cast<float*>(brine_input_data(state_, predict, "x")));
  EXPECT_EQ(brine_step(state_, predict, kRows), BRINE_OK) << brine_error(state_);
  const float* const logits = brine_output_data(state_, predict, "output");
  return {logits, logits + kRows * kClasses};
}

std::vector<float> OptimizerProgram::Variables() {
  std::vector<float> numbers;
  const brine_program& program = *brine_state_program(state_);
  for (int32_t index = 0; index < program.variable_count; ++index) {
    const float* const data = reinterpret_cast<const float*>(brine_variable_data(state_, index));
    numbers.insert(numbers.end(), data, data + brine_variable_bytes(&program, index) / 4);
  }
  return numbers;
}

std::vector<float> OptimizerProgram::Block(brine_block block, brine_state* state) {
  const brine_program& program = *brine_state_program(state);
  std::vector<float> numbers;
  for (int32_t index = 0; index < program.variable_count; ++index) {
    const brine_variable& variable = program.variables[index];
    if (variable.block != BRINE_PARAMETERS) continue;
    const uint8_t* const place = state->blocks[block] + variable.offset;
    const float* const data = reinterpret_cast<const float*>(place);
    numbers.insert(numbers.end(), data, data + brine_variable_bytes(&program, index) / 4);
  }
  return numbers;
}

absl::Status OptimizerProgram::Save(const std::string& path) {
  return brine_save(state_, path.c_str()) == BRINE_OK ? absl::OkStatus() : absl::InternalError(brine_error(state_));
}

absl::Status OptimizerProgram::Load(const std::string& path) {
  return brine_load(state_, path.c_str()) == BRINE_OK ? absl::OkStatus() : absl::InternalError(brine_error(state_));
}

}  // namespace brine::codegen
