#include "tests/runtime/two_heads_program.h"

#include "tests/runtime/by_hand.h"

namespace brine::testing {
namespace {

float SumOfRow(void** argv, int row) {
  float sum = 0;
  for (int column = 0; column < 2; ++column) sum += Floats(argv, 0)[row * 2 + column];
  for (int column = 0; column < 3; ++column) sum += Buffer(argv, 1).host[row * 3 + column];
  return sum;
}
int Rows(void** argv) { return Buffer(argv, 0).dim[1].extent; }

// (left, right, w, total_label, kind_label, rows) -> loss, total_loss, kind_loss, kind_accuracy, dw
int Losses(void** argv) {
  const float rows = *Floats(argv, 5);
  float total_loss = 0, kind_loss = 0, right = 0, dw = 0;
  for (int row = 0; row < Rows(argv); ++row) {
    const float sum = SumOfRow(argv, row), error = *Floats(argv, 2) * sum - Floats(argv, 3)[row];
    const int kind = reinterpret_cast<const int32_t*>(Buffer(argv, 4).host)[row];
    total_loss += error * error / rows;
    kind_loss += static_cast<float>(kind) / rows;
    right += static_cast<float>(kind == 1) / rows;
    dw += 2 * error * sum / rows;
  }
  *Floats(argv, 6) = total_loss + kind_loss;
  *Floats(argv, 7) = total_loss;
  *Floats(argv, 8) = kind_loss;
  *Floats(argv, 9) = right;
  *Floats(argv, 10) = dw;
  return 0;
}

// (w, dw) -> w
int Descend(void** argv) {
  *Floats(argv, 2) = *Floats(argv, 0) - 0.01f * *Floats(argv, 1);
  return 0;
}

// (left, right, w) -> total, kind
int Predict(void** argv) {
  for (int row = 0; row < Rows(argv); ++row) {
    Floats(argv, 3)[row] = *Floats(argv, 2) * SumOfRow(argv, row);
    for (int kind = 0; kind < 3; ++kind) Floats(argv, 4)[row * 3 + kind] = static_cast<float>(kind == 1);
  }
  return 0;
}

enum {
  kLeft,
  kRight,
  kTotalLabel,
  kKindLabel,
  kRows,
  kW,
  kDw,
  kLoss,
  kTotalLoss,
  kKindLoss,
  kKindAccuracy,
  kTotal,
  kKind
};
constexpr brine_value kValues[] = {
    {"left", BRINE_F32, BRINE_INPUTS, 2, {BRINE_BATCH, 2}, 0},
    {"right", BRINE_U8, BRINE_INPUTS, 2, {BRINE_BATCH, 3}, 64},
    {"total_label", BRINE_F32, BRINE_INPUTS, 2, {BRINE_BATCH, 1}, 128},
    {"kind_label", BRINE_I32, BRINE_INPUTS, 1, {BRINE_BATCH}, 192},
    {"rows", BRINE_F32, BRINE_INPUTS, 0, {}, 256},
    {"w", BRINE_F32, BRINE_PARAMETERS, 0, {}, 0},
    {"w.grad", BRINE_F32, BRINE_GRADIENTS, 0, {}, 0},
    {"loss", BRINE_F32, BRINE_OUTPUTS, 0, {}, 0},
    {"total_loss", BRINE_F32, BRINE_OUTPUTS, 0, {}, 64},
    {"kind_loss", BRINE_F32, BRINE_OUTPUTS, 0, {}, 128},
    {"kind_accuracy", BRINE_F32, BRINE_OUTPUTS, 0, {}, 192},
    {"total", BRINE_F32, BRINE_OUTPUTS, 2, {BRINE_BATCH, 1}, 256},
    {"kind", BRINE_F32, BRINE_OUTPUTS, 2, {BRINE_BATCH, 3}, 320},
};
constexpr uint16_t kLossValues[] = {kLeft, kRight,     kW,        kTotalLabel,   kKindLabel, kRows,
                                    kLoss, kTotalLoss, kKindLoss, kKindAccuracy, kDw},
                   kDescendValues[] = {kW, kDw, kW}, kPredictValues[] = {kLeft, kRight, kW, kTotal, kKind};
constexpr brine_call kTrainCalls[] = {ByHand({.run = Losses,
                                              .values = kLossValues,
                                              .input_count = 6,
                                              .name = "losses",
                                              .layers = "heads",
                                              .location = "model.cc:3"}),
                                      ByHand({.run = Descend,
                                              .values = kDescendValues,
                                              .input_count = 2,
                                              .name = "step",
                                              .layers = "heads",
                                              .location = "model.cc:3"})};
constexpr brine_call kPredictCalls[] = {ByHand({.run = Predict,
                                                .values = kPredictValues,
                                                .input_count = 3,
                                                .name = "predict",
                                                .layers = "heads",
                                                .location = "model.cc:3"})};

constexpr brine_input kInputs[] = {{kLeft, BRINE_DATA, 0, nullptr, 0, 0, 0, 0, ""},
                                   {kRight, BRINE_DATA, 0, nullptr, 0, 0, 0, 0, ""},
                                   {kTotalLabel, BRINE_LABEL, 0, nullptr, 0, 0, 0, 0, "total"},
                                   {kKindLabel, BRINE_LABEL, 0, nullptr, 0, 3, 0, 0, "kind"},
                                   {kRows, BRINE_ROWS, 0, nullptr, 0, 0, 0, 0, ""}};
constexpr brine_output kLosses[] = {{"loss", kLoss, BRINE_MEAN, 0, BRINE_SMALLER_IS_BETTER},
                                    {"total_loss", kTotalLoss, BRINE_MEAN, 0, BRINE_SMALLER_IS_BETTER},
                                    {"kind_loss", kKindLoss, BRINE_MEAN, 0, BRINE_SMALLER_IS_BETTER},
                                    {"kind_accuracy", kKindAccuracy, BRINE_MEAN, 0, BRINE_LARGER_IS_BETTER}},
                       kPredictions[] = {{"total", kTotal, BRINE_PREDICTION, 0, BRINE_BETTER_UNKNOWN},
                                         {"kind", kKind, BRINE_PREDICTION, 3, BRINE_BETTER_UNKNOWN}};
constexpr brine_function kTrain = {
    .name = "train",
    .values = kValues,
    .calls = kTrainCalls,
    .inputs = kInputs,
    .outputs = kLosses,
    .results = nullptr,
    .shard_means = nullptr,
    .value_count = 13,
    .call_count = 2,
    .input_count = 5,
    .output_count = 4,
    .result_count = 0,
    .shard_mean_count = 0,
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
        .outputs = kPredictions,
        .results = nullptr,
        .shard_means = nullptr,
        .value_count = 13,
        .call_count = 1,
        .input_count = 2,
        .output_count = 2,
        .result_count = 0,
        .shard_mean_count = 0,
        .shard_calls = 1,
        .first_update = 1,
        .squares_gradient = 0,
    },
};

const brine_variable kVariables[] = {{
    .name = "w",
    .dtype = BRINE_F32,
    .block = BRINE_PARAMETERS,
    .role = BRINE_ROLE_PARAMETER,
    .rank = 0,
    .initializer = BRINE_CONSTANT,
    .dims = {},
    .offset = 0,
    .argument = 1.0,
    .mean = 0,
    .id = 0,
    .location = "model.cc:3",
    .data = "",
}};

brine_program MakeProgram() {
  brine_program program = {};
  program.backend = &kSerialBackend;
  program.abi_version = BRINE_ABI_VERSION;
  program.name = "two_heads";
  program.batch_size = 4;
  const int64_t bytes[BRINE_BLOCK_COUNT] = {0, 320, 64, 64, 0, 0, 384};
  for (int block = 0; block < BRINE_BLOCK_COUNT; ++block) program.block_bytes[block] = bytes[block];
  program.functions = kFunctions;
  program.function_count = 3;
  program.variables = kVariables;
  program.variable_count = 1;
  program.graph_hash = 2;
  return program;
}

}  // namespace

const brine_program kTwoHeadsProgram = MakeProgram();

}  // namespace brine::testing
