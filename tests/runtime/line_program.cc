#include "tests/runtime/line_program.h"

#include "runtime/core/philox.h"
#include "tests/runtime/by_hand.h"

namespace brine::testing {
namespace {

// (x, y, rows, w, b) -> loss, dw, db
int Gradient(void** argv) {
  const float *x = Floats(argv, 0), *y = Floats(argv, 1), *rows = Floats(argv, 2), *w = Floats(argv, 3),
              *b = Floats(argv, 4);
  float loss = 0, dw = 0, db = 0;
  for (int row = 0; row < Buffer(argv, 0).dim[0].extent; ++row) {
    const float error = *w * x[row] + *b - y[row];
    loss += error * error;
    dw += 2 * error * x[row];
    db += 2 * error;
  }
  *Floats(argv, 5) = loss / *rows;
  *Floats(argv, 6) = dw / *rows;
  *Floats(argv, 7) = db / *rows;
  return 0;
}

// (p, g, rate) -> p, in place
int Descend(void** argv) {
  *Floats(argv, 3) = *Floats(argv, 0) - *Floats(argv, 2) * *Floats(argv, 1);
  return 0;
}

// (x, w, b) -> y
int Predict(void** argv) {
  for (int row = 0; row < Buffer(argv, 0).dim[0].extent; ++row) {
    Floats(argv, 3)[row] = *Floats(argv, 1) * Floats(argv, 0)[row] + *Floats(argv, 2);
  }
  return 0;
}

enum { kX, kY, kRows, kRate, kW, kB, kLoss, kDw, kDb, kPrediction };
constexpr brine_value kValues[] = {
    {"x", BRINE_F32, BRINE_INPUTS, 1, {BRINE_BATCH}, 0},
    {"label", BRINE_F32, BRINE_INPUTS, 1, {BRINE_BATCH}, 64},
    {"rows", BRINE_F32, BRINE_INPUTS, 0, {}, 128},
    {"rate", BRINE_F32, BRINE_INPUTS, 0, {}, 192},
    {"line/kernel", BRINE_F32, BRINE_PARAMETERS, 0, {}, 0},
    {"line/bias", BRINE_F32, BRINE_PARAMETERS, 0, {}, 64},
    {"loss", BRINE_F32, BRINE_OUTPUTS, 0, {}, 0},
    {"line/kernel.grad", BRINE_F32, BRINE_GRADIENTS, 0, {}, 0},
    {"line/bias.grad", BRINE_F32, BRINE_GRADIENTS, 0, {}, 64},
    {"line", BRINE_F32, BRINE_OUTPUTS, 1, {BRINE_BATCH}, 64},
};
constexpr uint16_t kGradientValues[] = {kX, kY, kRows, kW, kB, kLoss, kDw, kDb};
constexpr uint16_t kShardMeans[] = {kDw, kDb};
constexpr uint16_t kKernelStep[] = {kW, kDw, kRate, kW}, kBiasStep[] = {kB, kDb, kRate, kB},
                   kPredictValues[] = {kX, kW, kB, kPrediction};

constexpr brine_call kTrainCalls[] = {ByHand({.run = Gradient,
                                              .values = kGradientValues,
                                              .input_count = 5,
                                              .name = "gradient",
                                              .layers = "line",
                                              .location = "model.cc:3"}),
                                      ByHand({.run = Descend,
                                              .values = kKernelStep,
                                              .input_count = 3,
                                              .name = "kernel_step",
                                              .layers = "line",
                                              .location = "model.cc:3"}),
                                      ByHand({.run = Descend,
                                              .values = kBiasStep,
                                              .input_count = 3,
                                              .name = "bias_step",
                                              .layers = "line",
                                              .location = "model.cc:3"})};
constexpr brine_call kPredictCalls[] = {ByHand({.run = Predict,
                                                .values = kPredictValues,
                                                .input_count = 3,
                                                .name = "predict",
                                                .layers = "line",
                                                .location = "model.cc:3"})};

constexpr brine_input kInputs[] = {{kX, BRINE_DATA, 0, nullptr, 0, 0, 0, 0, ""},
                                   {kY, BRINE_LABEL, 0, nullptr, 0, 0, 0, 0, "output"},
                                   {kRows, BRINE_ROWS, 0, nullptr, 0, 0, 0, 0, ""},
                                   {kRate, BRINE_SCALAR, 0.1, nullptr, 0, 0, 0, 0, ""}};
constexpr brine_output kLossOutput[] = {{"loss", kLoss, BRINE_MEAN, 0, BRINE_SMALLER_IS_BETTER}},
                       kPredictOutput[] = {{"output", kPrediction, BRINE_PREDICTION, 0, BRINE_BETTER_UNKNOWN}};
constexpr brine_function kTrain = {
    .name = "train",
    .values = kValues,
    .calls = kTrainCalls,
    .inputs = kInputs,
    .outputs = kLossOutput,
    .results = nullptr,
    .shard_means = kShardMeans,
    .value_count = 10,
    .call_count = 3,
    .input_count = 4,
    .output_count = 1,
    .result_count = 0,
    .shard_mean_count = 2,
    .shard_calls = 1,
    .first_update = 1,
    .squares_gradient = 0,
};
constexpr brine_function kFunctions[] = {
    kTrain,
    EvaluateLike(kTrain),
    {
        .name = "predict",
        .values = kValues,
        .calls = kPredictCalls,
        .inputs = kInputs,
        .outputs = kPredictOutput,
        .results = nullptr,
        .shard_means = nullptr,
        .value_count = 10,
        .call_count = 1,
        .input_count = 1,
        .output_count = 1,
        .result_count = 0,
        .shard_mean_count = 0,
        .shard_calls = 1,
        .first_update = 1,
        .squares_gradient = 0,
    },
};

const brine_variable kVariables[] = {
    {
        .name = "line/kernel",
        .dtype = BRINE_F32,
        .block = BRINE_PARAMETERS,
        .role = BRINE_ROLE_PARAMETER,
        .rank = 0,
        .initializer = BRINE_UNIFORM,
        .dims = {},
        .offset = 0,
        .argument = 1.0,
        .mean = 0,
        .id = brine_random_id("line/kernel"),
        .location = "model.cc:3",
        .data = "",
    },
    {
        .name = "line/bias",
        .dtype = BRINE_F32,
        .block = BRINE_PARAMETERS,
        .role = BRINE_ROLE_PARAMETER,
        .rank = 0,
        .initializer = BRINE_CONSTANT,
        .dims = {},
        .offset = 64,
        .argument = 0.0,
        .mean = 0,
        .id = brine_random_id("line/bias"),
        .location = "model.cc:3",
        .data = "",
    },
};

brine_program MakeProgram() {
  brine_program program = {};
  program.backend = &kSerialBackend;
  program.abi_version = BRINE_ABI_VERSION;
  program.name = "line";
  program.batch_size = 4;
  const int64_t bytes[BRINE_BLOCK_COUNT] = {0, 256, 128, 128, 0, 0, 128};
  for (int block = 0; block < BRINE_BLOCK_COUNT; ++block) program.block_bytes[block] = bytes[block];
  program.functions = kFunctions;
  program.function_count = 3;
  program.variables = kVariables;
  program.variable_count = 2;
  return program;
}

}  // namespace

const brine_program kLineProgram = MakeProgram();

}  // namespace brine::testing
