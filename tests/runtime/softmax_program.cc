#include "tests/runtime/softmax_program.h"

#include <atomic>
#include <cmath>
#include <thread>

#include "runtime/core/philox.h"
#include "tests/runtime/by_hand.h"

namespace brine::testing {
namespace {

std::atomic<int32_t> pool_threads = 1;

int SetThreads(int32_t count) { return pool_threads.exchange(count); }

// Each thread takes the next index when it is free, so that a result that depends on the threads changes from run to
// run.
int ParallelFor(void* user_context, brine_task task, int32_t min, int32_t size, uint8_t* closure) {
  std::atomic<int32_t> next = min;
  const auto work = [&] {
    for (int32_t index; (index = next++) < min + size;) task(user_context, index, closure);
  };
  std::vector<std::thread> helpers;
  for (int32_t helper = 1; helper < pool_threads; ++helper) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  return 0;
}

int Rows(void** argv, int index) {
  const brine_buffer& buffer = Buffer(argv, index);
  return buffer.dim[buffer.dimensions - 1].extent;
}
template <typename Task>
void Parallel(int count, Task task) {
  ParallelFor(
      nullptr, [](void*, int32_t index, uint8_t* closure) { return (*reinterpret_cast<Task*>(closure))(index), 0; }, 0,
      count, reinterpret_cast<uint8_t*>(&task));
}

float Pixel(const brine_buffer& buffer, int index) {
  return buffer.type_code == 2 ? reinterpret_cast<const float*>(buffer.host)[index] : buffer.host[index] / 255.0f;
}

// (x, w, b) -> p
int Forward(void** argv) {
  const float *w = Floats(argv, 1), *b = Floats(argv, 2);
  Parallel(Rows(argv, 0), [&](int row) {
    float* p = Floats(argv, 3) + row * kClasses;
    float most = -INFINITY, sum = 0;
    for (int c = 0; c < kClasses; ++c) {
      p[c] = b[c];
      for (int i = 0; i < kPixels; ++i) p[c] += w[c * kPixels + i] * Pixel(Buffer(argv, 0), row * kPixels + i);
      most = std::fmax(most, p[c]);
    }
    for (int c = 0; c < kClasses; ++c) sum += p[c] = std::exp(p[c] - most);
    for (int c = 0; c < kClasses; ++c) p[c] /= sum;
  });
  return 0;
}

// (p, label, rows) -> loss, accuracy, dz
int Loss(void** argv) {
  const float *p = Floats(argv, 0), rows = *Floats(argv, 2);
  const brine_buffer& label = Buffer(argv, 1);
  float loss = 0, right = 0;
  for (int row = 0; row < Rows(argv, 0); ++row) {
    int best = 0;
    for (int c = 0; c < kClasses; ++c, ++p) {
      const float truth = label.type_code == 2 ? Floats(argv, 1)[row * kClasses + c]
                                               : reinterpret_cast<const int32_t*>(label.host)[row] == c;
      if (truth > 0) loss -= std::log(*p + 1e-7f);
      if (*p > p[best - c]) best = c;
      if (c == kClasses - 1)
        right += label.type_code == 2 ? Floats(argv, 1)[row * kClasses + best]
                                      : reinterpret_cast<const int32_t*>(label.host)[row] == best;
      Floats(argv, 5)[row * kClasses + c] = (*p - truth) / rows;
    }
  }
  *Floats(argv, 3) = loss / rows;
  *Floats(argv, 4) = right / rows;
  return 0;
}

// (x, dz, seed, step) -> dw, db
int Gradient(void** argv) {
  const uint32_t *seed = reinterpret_cast<const uint32_t*>(Buffer(argv, 2).host),
                 step = *reinterpret_cast<const uint32_t*>(Buffer(argv, 3).host);
  Parallel(kClasses, [&](int c) {
    float* dw = Floats(argv, 4) + c * kPixels;
    float db = 0;
    const double noise = brine_uniform(uint64_t{seed[1]} << 32 | seed[0], static_cast<uint32_t>(c), step, 77);
    for (int i = 0; i < kPixels; ++i) dw[i] = static_cast<float>(1e-3 * (noise - 0.5));
    for (int row = 0; row < Rows(argv, 0); ++row) {
      const float dz = Floats(argv, 1)[row * kClasses + c];
      db += dz;
      for (int i = 0; i < kPixels; ++i) dw[i] += dz * Pixel(Buffer(argv, 0), row * kPixels + i);
    }
    Floats(argv, 5)[c] = db;
  });
  return 0;
}

// (p, g, m, v, rate) -> p, m, v
int AdamStep(void** argv) {
  int count = 1;
  for (int d = 0; d < Buffer(argv, 0).dimensions; ++d) count *= Buffer(argv, 0).dim[d].extent;
  for (int i = 0; i < count; ++i) {
    float &p = Floats(argv, 5)[i], &m = Floats(argv, 6)[i], &v = Floats(argv, 7)[i];
    const float g = Floats(argv, 1)[i];
    m = 0.9f * m + 0.1f * g;
    v = 0.999f * v + 0.001f * g * g;
    p -= *Floats(argv, 4) * m / (std::sqrt(v) + 1e-7f);
  }
  return 0;
}

enum {
  kX,
  kLabel,
  kRowCount,
  kSeed,
  kStep,
  kLearningRate,
  kBeta1,
  kBeta2,
  kRate,
  kW,
  kB,
  kDw,
  kDb,
  kMw,
  kMb,
  kVw,
  kVb,
  kP,
  kDz,
  kLoss,
  kAccuracy,
  kOutput,
  kValueCount
};
constexpr int kInputsEnd = kBatch * kPixels * 4, kWeights = kClasses * kPixels * 4;
constexpr brine_value Scalar(const char* name, int place) {
  return {name, BRINE_F32, BRINE_INPUTS, 0, {}, kInputsEnd + place * 64};
}

struct Tables {
  brine_value values[kValueCount] = {
      {"x", BRINE_U8, BRINE_INPUTS, 4, {BRINE_BATCH, 8, 8, 3}, 0},
      {"label", BRINE_F32, BRINE_INPUTS, 2, {BRINE_BATCH, kClasses}, kInputsEnd + 1024},
      Scalar("rows", 0),
      {"seed", BRINE_U32, BRINE_INPUTS, 1, {2}, kInputsEnd + 64},
      {"step", BRINE_U32, BRINE_INPUTS, 1, {2}, kInputsEnd + 128},
      Scalar("learning_rate", 3),
      Scalar("beta_1", 4),
      Scalar("beta_2", 5),
      Scalar("adam_rate", 6),
      {"dense/kernel", BRINE_F32, BRINE_PARAMETERS, 2, {kClasses, kPixels}, 0},
      {"dense/bias", BRINE_F32, BRINE_PARAMETERS, 1, {kClasses}, kWeights},
      {"dense/kernel.grad", BRINE_F32, BRINE_GRADIENTS, 2, {kClasses, kPixels}, 0},
      {"dense/bias.grad", BRINE_F32, BRINE_GRADIENTS, 1, {kClasses}, kWeights},
      {"optimizer/momentum/dense/kernel", BRINE_F32, BRINE_SLOTS, 2, {kClasses, kPixels}, 0},
      {"optimizer/momentum/dense/bias", BRINE_F32, BRINE_SLOTS, 1, {kClasses}, kWeights},
      {"optimizer/velocity/dense/kernel", BRINE_F32, BRINE_SLOTS, 2, {kClasses, kPixels}, kWeights + 64},
      {"optimizer/velocity/dense/bias", BRINE_F32, BRINE_SLOTS, 1, {kClasses}, 2 * kWeights + 64},
      {"dense", BRINE_F32, BRINE_ARENA, 2, {BRINE_BATCH, kClasses}, 0},
      {"dense.grad", BRINE_F32, BRINE_ARENA, 2, {BRINE_BATCH, kClasses}, 1024},
      {"loss", BRINE_F32, BRINE_OUTPUTS, 0, {}, 0},
      {"accuracy", BRINE_F32, BRINE_OUTPUTS, 0, {}, 64},
      {"output", BRINE_F32, BRINE_OUTPUTS, 2, {BRINE_BATCH, kClasses}, 128},
  };
};

constexpr Tables kTables;
constexpr Tables SparseTables() {
  Tables tables;
  tables.values[kX].dtype = BRINE_F32;
  tables.values[kLabel] = {"label", BRINE_I32, BRINE_INPUTS, 1, {BRINE_BATCH}, kInputsEnd + 1024};
  return tables;
}
constexpr Tables kSparseTables = SparseTables();

constexpr uint16_t kForwardValues[] = {kX, kW, kB, kP}, kPredictValues[] = {kX, kW, kB, kOutput},
                   kLossValues[] = {kP, kLabel, kRowCount, kLoss, kAccuracy, kDz},
                   kGradientValues[] = {kX, kDz, kSeed, kStep, kDw, kDb},
                   kKernelStep[] = {kW, kDw, kMw, kVw, kRate, kW, kMw, kVw},
                   kBiasStep[] = {kB, kDb, kMb, kVb, kRate, kB, kMb, kVb};
constexpr uint16_t kShardMeans[] = {kDw, kDb};
constexpr brine_call kTrainCalls[] = {
    ByHand({.run = Forward,
            .values = kForwardValues,
            .input_count = 3,
            .name = "forward",
            .layers = "dense",
            .location = "model.cc:5",
            .flops = 2.0 * kBatch * kPixels * kClasses}),
    ByHand({.run = Loss, .values = kLossValues, .input_count = 3, .name = "loss", .layers = "loss"}),
    ByHand({.run = Gradient,
            .values = kGradientValues,
            .input_count = 4,
            .name = "gradient",
            .layers = "dense",
            .location = "model.cc:5",
            .flops = 2.0 * kBatch * kPixels * kClasses}),
    ByHand({.run = AdamStep,
            .values = kKernelStep,
            .input_count = 5,
            .name = "kernel_step",
            .layers = "dense",
            .location = "model.cc:5"}),
    ByHand({.run = AdamStep,
            .values = kBiasStep,
            .input_count = 5,
            .name = "bias_step",
            .layers = "dense",
            .location = "model.cc:5"})};
constexpr brine_call kPredictCalls[] = {ByHand({.run = Forward,
                                                .values = kPredictValues,
                                                .input_count = 3,
                                                .name = "forward",
                                                .layers = "dense",
                                                .location = "model.cc:5"})};
// learning_rate · √(1 − beta_2ᵗ) / (1 − beta_1ᵗ), which are the inputs 5, 7 and 6
constexpr brine_term kAdamRate[] = {{BRINE_TERM_SCALAR, 5, 0}, {BRINE_TERM_CONSTANT, 0, 1}, {BRINE_TERM_SCALAR, 7, 0},
                                    {BRINE_TERM_STEP, 0, 0},   {BRINE_TERM_POW, 0, 0},      {BRINE_TERM_SUB, 0, 0},
                                    {BRINE_TERM_SQRT, 0, 0},   {BRINE_TERM_MUL, 0, 0},      {BRINE_TERM_CONSTANT, 0, 1},
                                    {BRINE_TERM_SCALAR, 6, 0}, {BRINE_TERM_STEP, 0, 0},     {BRINE_TERM_POW, 0, 0},
                                    {BRINE_TERM_SUB, 0, 0},    {BRINE_TERM_DIV, 0, 0}};
constexpr brine_input kInputs[] = {{kX, BRINE_DATA, 0, nullptr, 0, 0, 0, 0, ""},
                                   {kLabel, BRINE_LABEL, 0, nullptr, 0, kClasses, 0, 0, "output"},
                                   {kRowCount, BRINE_ROWS, 0, nullptr, 0, 0, 0, 0, ""},
                                   {kSeed, BRINE_SEED, 0, nullptr, 0, 0, 0, 0, ""},
                                   {kStep, BRINE_STEP, 0, nullptr, 0, 0, 0, 0, ""},
                                   {kLearningRate, BRINE_SCALAR, 1e-2, nullptr, 0, 0, 0, 0, ""},
                                   {kBeta1, BRINE_SCALAR, 0.9, nullptr, 0, 0, 0, 0, ""},
                                   {kBeta2, BRINE_SCALAR, 0.999, nullptr, 0, 0, 0, 0, ""},
                                   {kRate, BRINE_EXPRESSION, 0, kAdamRate, 14, 0, 0, 0, ""}};
constexpr brine_input kPredictInputs[] = {{kX, BRINE_DATA, 0, nullptr, 0, 0, 0, 0, ""}};
constexpr brine_output kOutputs[] = {{"loss", kLoss, BRINE_MEAN, 0, BRINE_SMALLER_IS_BETTER},
                                     {"accuracy", kAccuracy, BRINE_MEAN, 0, BRINE_LARGER_IS_BETTER}},
                       kPredictOutputs[] = {{"output", kOutput, BRINE_PREDICTION, kClasses, BRINE_BETTER_UNKNOWN}};
constexpr brine_function Train(const brine_value* values) {
  return {
      .name = "train",
      .values = values,
      .calls = kTrainCalls,
      .inputs = kInputs,
      .outputs = kOutputs,
      .results = nullptr,
      .shard_means = kShardMeans,
      .value_count = kValueCount,
      .call_count = 5,
      .input_count = 9,
      .output_count = 2,
      .result_count = 0,
      .shard_mean_count = 2,
      .shard_calls = 3,
      .first_update = 3,
      .squares_gradient = 1,
  };
}
constexpr brine_function Evaluate(const brine_value* values) {
  return {
      .name = "evaluate",
      .values = values,
      .calls = kTrainCalls,
      .inputs = kInputs,
      .outputs = kOutputs,
      .results = nullptr,
      .shard_means = nullptr,
      .value_count = kValueCount,
      .call_count = 2,
      .input_count = 9,
      .output_count = 2,
      .result_count = 0,
      .shard_mean_count = 0,
      .shard_calls = 2,
      .first_update = 2,
      .squares_gradient = 0,
  };
}
constexpr brine_function Predict(const brine_value* values) {
  return {
      .name = "predict",
      .values = values,
      .calls = kPredictCalls,
      .inputs = kPredictInputs,
      .outputs = kPredictOutputs,
      .results = nullptr,
      .shard_means = nullptr,
      .value_count = kValueCount,
      .call_count = 1,
      .input_count = 1,
      .output_count = 1,
      .result_count = 0,
      .shard_mean_count = 0,
      .shard_calls = 1,
      .first_update = 1,
      .squares_gradient = 0,
  };
}
constexpr brine_function kFunctions[] = {Train(kTables.values), Evaluate(kTables.values), Predict(kTables.values)},
                         kSparseFunctions[] = {Train(kSparseTables.values), Evaluate(kSparseTables.values),
                                               Predict(kSparseTables.values)};

const brine_variable kKernel = {
    .name = "dense/kernel",
    .dtype = BRINE_F32,
    .block = BRINE_PARAMETERS,
    .role = BRINE_ROLE_PARAMETER,
    .rank = 2,
    .initializer = BRINE_UNIFORM,
    .dims = {kClasses, kPixels},
    .offset = 0,
    .argument = 0.1,
    .mean = 0,
    .id = brine_random_id("dense/kernel"),
    .location = "model.cc:5",
    .data = "",
};
const brine_variable kBias = {
    .name = "dense/bias",
    .dtype = BRINE_F32,
    .block = BRINE_PARAMETERS,
    .role = BRINE_ROLE_PARAMETER,
    .rank = 1,
    .initializer = BRINE_CONSTANT,
    .dims = {kClasses},
    .offset = kWeights,
    .argument = 0,
    .mean = 0,
    .id = brine_random_id("dense/bias"),
    .location = "model.cc:5",
    .data = "",
};
const brine_variable kVariables[] = {
    kKernel,
    kBias,
    SlotOf(kKernel, "optimizer/momentum/dense/kernel", 0),
    SlotOf(kBias, "optimizer/momentum/dense/bias", kWeights),
    SlotOf(kKernel, "optimizer/velocity/dense/kernel", kWeights + 64),
    SlotOf(kBias, "optimizer/velocity/dense/bias", 2 * kWeights + 64),
};

constexpr brine_backend kBackend = {ParallelFor, SetThreads, kNoFeatures, "any", 0};

brine_program MakeProgram(const brine_function* functions, const char* name) {
  brine_program program = {};
  program.abi_version = BRINE_ABI_VERSION;
  program.name = name;
  program.batch_size = kBatch;
  const int64_t bytes[BRINE_BLOCK_COUNT] = {
      2048, kInputsEnd + 2048, kWeights + 64, kWeights + 64, 2 * kWeights + 128, 0, 1024};
  for (int block = 0; block < BRINE_BLOCK_COUNT; ++block) program.block_bytes[block] = bytes[block];
  program.functions = functions;
  program.function_count = 3;
  program.variables = kVariables;
  program.variable_count = 6;
  program.backend = &kBackend;
  program.summary = "dense (Dense)  (n, 4)  772\n";
  program.graph_hash = 0x1234567890abcdef;
  program.numerics_id = "by hand";
  return program;
}

}  // namespace

const brine_program kSoftmaxProgram = MakeProgram(kFunctions, "softmax");
const brine_program kSparseSoftmaxProgram = MakeProgram(kSparseFunctions, "sparse_softmax");

Images::Images(int count, uint64_t seed) {
  for (int sample = 0; sample < count; ++sample) {
    const auto draw = [&](int element) {
      return brine_philox(seed, static_cast<uint32_t>(element), static_cast<uint32_t>(sample), 5, 0).word[0];
    };
    labels.push_back(static_cast<int32_t>(draw(-1) % kClasses));
    for (int pixel = 0; pixel < kPixels; ++pixel)
      pixels.push_back(static_cast<uint8_t>(draw(pixel) % 200 + (pixel % kClasses == labels.back() ? 40 : 0)));
  }
}

Dataset Images::data() const {
  return Dataset(static_cast<int64_t>(labels.size()), std::span<const uint8_t>(pixels),
                 std::span<const int32_t>(labels));
}

}  // namespace brine::testing
