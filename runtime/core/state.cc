#include "runtime/core/state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/core/finite.h"
#include "runtime/core/philox.h"

namespace {

constexpr int kFunctions = 3;

size_t RoundUp(size_t bytes) { return (bytes + 63) / 64 * 64; }

const brine_function* FunctionAt(const brine_program* program, int index) {
  const brine_function* const functions[kFunctions] = {&program->train, &program->evaluate, &program->predict};
  return functions[index];
}

int ElementBits(uint8_t dtype) { return dtype == BRINE_U8 ? 8 : dtype == BRINE_MASK ? 1 : 32; }

// Elements of a value with `rows` rows.
int64_t Elements(const brine_value& value, int32_t rows) {
  int64_t elements = 1;
  for (int axis = 0; axis < value.rank; ++axis) elements *= value.dims[axis] == BRINE_BATCH ? rows : value.dims[axis];
  return elements;
}

}  // namespace

// What one of the three functions needs beside the tables: its values as buffers, and for each call the addresses of its arguments.
struct FunctionState {
  brine_buffer* buffers;
  brine_dimension* dimensions;  // BRINE_MAX_RANK for each buffer
  void** arguments;             // for each call: &context, then its buffers
  void*** first_argument;       // by call
  double* scalars;              // by input
  int32_t rows;                 // that the buffers stand at
};

struct brine_state {
  const brine_program* program;
  uint8_t* blocks[BRINE_BLOCK_COUNT];
  FunctionState functions[kFunctions];
  brine_context context;
  brine_context* context_argument;  // kernels take the address of this pointer
  uint64_t seed, steps_done;
  char error[512];
};

namespace {

// Hands out the state's memory in 64-byte steps; with a null base it only measures.
struct Allocator {
  uint8_t* base;
  size_t used = 0;

  template <typename T>
  T* Take(size_t count) {
    T* const taken = base == nullptr ? nullptr : reinterpret_cast<T*>(base + used);
    used += RoundUp(count * sizeof(T));
    return taken;
  }
};

// Kernels may read a vector past the last element of a block.
constexpr size_t kRoomBehind = 64;

brine_state* LayOut(const brine_program* program, Allocator& allocator) {
  brine_state* const state = allocator.Take<brine_state>(1);
  uint8_t* blocks[BRINE_BLOCK_COUNT] = {};
  for (int block = 0; block < BRINE_BLOCK_COUNT; ++block) {
    if (block != BRINE_CONSTANTS) blocks[block] = allocator.Take<uint8_t>(static_cast<size_t>(program->block_bytes[block]) + kRoomBehind);
  }
  uint8_t* const scratch = allocator.Take<uint8_t>(static_cast<size_t>(program->scratch_bytes) + kRoomBehind);
  FunctionState functions[kFunctions];
  for (int index = 0; index < kFunctions; ++index) {
    const brine_function* function = FunctionAt(program, index);
    size_t arguments = 0;
    for (int32_t call = 0; call < function->call_count; ++call) arguments += 1 + function->calls[call].value_count;
    FunctionState& at = functions[index];
    at.buffers = allocator.Take<brine_buffer>(static_cast<size_t>(function->value_count));
    at.dimensions = allocator.Take<brine_dimension>(static_cast<size_t>(function->value_count) * BRINE_MAX_RANK);
    at.arguments = allocator.Take<void*>(arguments);
    at.first_argument = allocator.Take<void**>(static_cast<size_t>(function->call_count));
    at.scalars = allocator.Take<double>(static_cast<size_t>(function->input_count));
    at.rows = 0;
  }
  if (state == nullptr) return nullptr;
  memset(static_cast<void*>(allocator.base), 0, allocator.used);
  state->program = program;
  memcpy(state->blocks, blocks, sizeof(blocks));
  memcpy(state->functions, functions, sizeof(functions));
  state->blocks[BRINE_CONSTANTS] = const_cast<uint8_t*>(program->constants);  // kernels only read it
  state->context.scratch = scratch;
  state->context.scratch_bytes = program->scratch_bytes;
  state->context_argument = &state->context;
  return state;
}

void DescribeValue(brine_state* state, FunctionState& at, const brine_function* function, int32_t index) {
  const brine_value& value = function->values[index];
  brine_buffer& buffer = at.buffers[index];
  static constexpr uint8_t kTypeCode[] = {2, 0, 1, 1, 1};  // f32, i32, u32, u8, mask as bytes
  buffer.host = state->blocks[value.block] + value.offset;
  buffer.type_code = kTypeCode[value.dtype];
  buffer.type_bits = static_cast<uint8_t>(value.dtype == BRINE_U8 || value.dtype == BRINE_MASK ? 8 : 32);
  buffer.type_lanes = 1;
  buffer.dimensions = value.rank;
  buffer.dim = at.dimensions + static_cast<size_t>(index) * BRINE_MAX_RANK;
}

// Extents and strides of every buffer for `rows` rows.
void SetRows(FunctionState& at, const brine_function* function, int32_t rows) {
  if (at.rows == rows) return;
  at.rows = rows;
  for (int32_t index = 0; index < function->value_count; ++index) {
    const brine_value& value = function->values[index];
    int32_t stride = 1;
    for (int axis = value.rank - 1; axis >= 0; --axis) {
      const int32_t extent = value.dims[axis] == BRINE_BATCH ? rows : value.dims[axis];
      at.buffers[index].dim[value.rank - 1 - axis] = {0, extent, stride, 0};
      stride *= extent;
    }
  }
}

void PrepareFunction(brine_state* state, int index) {
  const brine_function* function = FunctionAt(state->program, index);
  FunctionState& at = state->functions[index];
  for (int32_t value = 0; value < function->value_count; ++value) DescribeValue(state, at, function, value);
  void** argument = at.arguments;
  for (int32_t call = 0; call < function->call_count; ++call) {
    at.first_argument[call] = argument;
    *argument++ = &state->context_argument;
    for (int value = 0; value < function->calls[call].value_count; ++value) *argument++ = &at.buffers[function->calls[call].values[value]];
  }
  for (int32_t input = 0; input < function->input_count; ++input) at.scalars[input] = function->inputs[input].initial;
  SetRows(at, function, state->program->batch_size);
}

void DrawVariable(const brine_variable& variable, uint64_t seed, float* data) {
  int64_t elements = 1;
  for (int axis = 0; axis < variable.rank; ++axis) elements *= variable.dims[axis];
  for (int64_t element = 0; element < elements; ++element) {
    double value = variable.argument;
    if (variable.initializer == BRINE_UNIFORM) value *= 2 * brine_uniform(seed, static_cast<uint32_t>(element), 0, variable.id) - 1;
    if (variable.initializer == BRINE_TRUNCATED_NORMAL) value *= brine_truncated_normal(seed, static_cast<uint32_t>(element), variable.id);
    data[element] = static_cast<float>(value);
  }
}

int IndexOf(const brine_state* state, const brine_function* function) {
  for (int index = 0; index < kFunctions; ++index) {
    if (FunctionAt(state->program, index) == function) return index;
  }
  return 0;
}

// learning_rate · sqrt(1 − beta_2^t) / (1 − beta_1^t) for the step that is about to run (Kingma and Ba 2015, the end of section 2).
double AdamRate(const brine_state* state) {
  const double t = static_cast<double>(state->steps_done + 1);
  return brine_get_scalar(state, "learning_rate") * sqrt(1 - pow(brine_get_scalar(state, "beta_2"), t)) /
         (1 - pow(brine_get_scalar(state, "beta_1"), t));
}

void WriteHostInputs(brine_state* state, const brine_function* function, FunctionState& at, int32_t rows) {
  for (int32_t index = 0; index < function->input_count; ++index) {
    const brine_input& input = function->inputs[index];
    const brine_value& value = function->values[input.value];
    void* const target = state->blocks[value.block] + value.offset;
    const uint32_t seed[2] = {static_cast<uint32_t>(state->seed), static_cast<uint32_t>(state->seed >> 32)};
    const uint32_t step = static_cast<uint32_t>(state->steps_done);
    float real = 0;
    switch (input.source) {
      case BRINE_DATA:
      case BRINE_LABEL: continue;
      case BRINE_SEED: memcpy(target, seed, sizeof(seed)); continue;
      case BRINE_STEP: memcpy(target, &step, sizeof(step)); continue;
      case BRINE_SCALAR: real = static_cast<float>(at.scalars[index]); break;
      case BRINE_ROWS: real = static_cast<float>(rows); break;
      case BRINE_ADAM_RATE: real = static_cast<float>(AdamRate(state)); break;
    }
    memcpy(target, &real, sizeof(real));
  }
}

brine_status RunCall(brine_state* state, const brine_function* function, FunctionState& at, int32_t call) {
  state->context.scratch_used = 0;
  state->context.error[0] = '\0';
  if (function->calls[call].run(at.first_argument[call]) == 0) return BRINE_OK;
  snprintf(state->error, sizeof(state->error), "kernel %s failed: %s", function->calls[call].name, state->context.error);
  return BRINE_FAILED;
}

bool OutputsFinite(const brine_state* state, const brine_function* function, int32_t rows) {
  for (int32_t index = 0; index < function->output_count; ++index) {
    const brine_value& value = function->values[function->outputs[index].value];
    const float* data = reinterpret_cast<const float*>(state->blocks[value.block] + value.offset);
    if (value.dtype == BRINE_F32 && !brine_all_finite(data, Elements(value, rows))) return false;
  }
  return true;
}

bool BlockFinite(const brine_state* state, brine_block block) {
  return brine_all_finite(reinterpret_cast<const float*>(state->blocks[block]), state->program->block_bytes[block] / 4);
}

// Runs the step again call by call and names the first whose result is not finite.
void NameTheFault(brine_state* state, const brine_function* function, FunctionState& at) {
  const brine_program* program = state->program;
  for (int32_t index = 0; index < program->variable_count; ++index) {
    const brine_variable& variable = program->variables[index];
    const int64_t bad = brine_first_not_finite(reinterpret_cast<const float*>(state->blocks[variable.block] + variable.offset),
                                               brine_variable_bytes(program, index) / 4);
    if (bad < 0) continue;
    snprintf(state->error, sizeof(state->error), "%s: %s is not finite at element %lld before step %llu; nothing was updated", variable.location,
             variable.name, static_cast<long long>(bad), static_cast<unsigned long long>(state->steps_done + 1));
    return;
  }
  for (int32_t index = 0; index < function->first_update; ++index) {
    if (RunCall(state, function, at, index) != BRINE_OK) return;
    const brine_call& call = function->calls[index];
    for (int value = call.input_count; value < call.value_count; ++value) {
      const brine_value& result = function->values[call.values[value]];
      if (result.dtype != BRINE_F32) continue;
      const float* data = reinterpret_cast<const float*>(state->blocks[result.block] + result.offset);
      if (brine_all_finite(data, Elements(result, at.rows))) continue;
      snprintf(state->error, sizeof(state->error), "%s: %s: %s is not finite in step %llu; nothing was updated", call.location, call.layers,
               result.name, static_cast<unsigned long long>(state->steps_done + 1));
      return;
    }
  }
  snprintf(state->error, sizeof(state->error), "the loss or a gradient is not finite in step %llu; nothing was updated",
           static_cast<unsigned long long>(state->steps_done + 1));
}

brine_status Step(brine_state* state, const brine_function* function, int32_t rows) {
  FunctionState& at = state->functions[IndexOf(state, function)];
  if (rows < 1 || rows > state->program->batch_size) {
    snprintf(state->error, sizeof(state->error), "%d rows, but the program was compiled for 1 to %d", rows, state->program->batch_size);
    return BRINE_INVALID;
  }
  if (function->call_count == 0) {
    snprintf(state->error, sizeof(state->error), "%s was not compiled for this", state->program->name);
    return BRINE_INVALID;
  }
  SetRows(at, function, rows);
  WriteHostInputs(state, function, at, rows);
  for (int32_t call = 0; call < function->first_update; ++call) {
    const brine_status status = RunCall(state, function, at, call);
    if (status != BRINE_OK) return status;
  }
  if (function->first_update == function->call_count) return BRINE_OK;
  if (!BlockFinite(state, BRINE_PARAMETERS) || !BlockFinite(state, BRINE_GRADIENTS) || !OutputsFinite(state, function, rows)) {
    NameTheFault(state, function, at);
    return BRINE_DIVERGED;
  }
  for (int32_t call = function->first_update; call < function->call_count; ++call) {
    const brine_status status = RunCall(state, function, at, call);
    if (status != BRINE_OK) return status;
  }
  return BRINE_OK;
}

}  // namespace

size_t brine_state_bytes(const brine_program* program) {
  Allocator allocator = {nullptr};
  LayOut(program, allocator);
  return allocator.used;
}

brine_state* brine_state_init(const brine_program* program, void* memory, uint64_t seed) {
  Allocator allocator = {static_cast<uint8_t*>(memory)};
  brine_state* const state = LayOut(program, allocator);
  for (int index = 0; index < kFunctions; ++index) PrepareFunction(state, index);
  state->seed = seed;
  for (int32_t index = 0; index < program->variable_count; ++index) {
    DrawVariable(program->variables[index], seed, reinterpret_cast<float*>(brine_variable_data(state, index)));
  }
  return state;
}

const brine_program* brine_state_program(const brine_state* state) { return state->program; }
const char* brine_error(const brine_state* state) { return state->error; }

const brine_value* brine_input_value(const brine_function* function, brine_source source, int32_t number) {
  for (int32_t index = 0; index < function->input_count; ++index) {
    if (function->inputs[index].source == source && number-- == 0) return &function->values[function->inputs[index].value];
  }
  return nullptr;
}

void* brine_input_rows(brine_state* state, const brine_function* function, brine_source source, int32_t number) {
  const brine_value* const value = brine_input_value(function, source, number);
  return value == nullptr ? nullptr : state->blocks[value->block] + value->offset;
}

brine_status brine_set_scalar(brine_state* state, const char* name, double value) {
  bool found = false;
  for (int index = 0; index < kFunctions; ++index) {
    const brine_function* function = FunctionAt(state->program, index);
    for (int32_t input = 0; input < function->input_count; ++input) {
      if (function->inputs[input].source != BRINE_SCALAR || strcmp(function->values[function->inputs[input].value].name, name) != 0) continue;
      state->functions[index].scalars[input] = value;
      found = true;
    }
  }
  if (found) return BRINE_OK;
  snprintf(state->error, sizeof(state->error), "%s has no scalar input %s", state->program->name, name);
  return BRINE_INVALID;
}

double brine_get_scalar(const brine_state* state, const char* name) {
  for (int index = 0; index < kFunctions; ++index) {
    const brine_function* function = FunctionAt(state->program, index);
    for (int32_t input = 0; input < function->input_count; ++input) {
      if (function->inputs[input].source == BRINE_SCALAR && strcmp(function->values[function->inputs[input].value].name, name) == 0) {
        return state->functions[index].scalars[input];
      }
    }
  }
  return NAN;
}

brine_status brine_train_step(brine_state* state, int32_t rows) {
  const brine_status status = Step(state, &state->program->train, rows);
  if (status == BRINE_OK) ++state->steps_done;
  return status;
}

brine_status brine_evaluate_step(brine_state* state, int32_t rows) { return Step(state, &state->program->evaluate, rows); }
brine_status brine_predict_step(brine_state* state, int32_t rows) { return Step(state, &state->program->predict, rows); }

brine_status brine_run_call(brine_state* state, const brine_function* function, int32_t index, int32_t rows) {
  FunctionState& at = state->functions[IndexOf(state, function)];
  SetRows(at, function, rows);
  return RunCall(state, function, at, index);
}

const float* brine_output_data(const brine_state* state, const brine_function* function, const char* name) {
  for (int32_t index = 0; index < function->output_count; ++index) {
    if (strcmp(function->outputs[index].name, name) != 0) continue;
    const brine_value& value = function->values[function->outputs[index].value];
    return reinterpret_cast<const float*>(state->blocks[value.block] + value.offset);
  }
  return nullptr;
}

uint8_t* brine_variable_data(brine_state* state, int32_t variable) {
  const brine_variable& at = state->program->variables[variable];
  return state->blocks[at.block] + at.offset;
}

int64_t brine_variable_bytes(const brine_program* program, int32_t variable) {
  const brine_variable& at = program->variables[variable];
  int64_t elements = 1;
  for (int axis = 0; axis < at.rank; ++axis) elements *= at.dims[axis];
  return elements * ElementBits(at.dtype) / 8;
}

uint64_t brine_steps_done(const brine_state* state) { return state->steps_done; }
uint64_t brine_seed(const brine_state* state) { return state->seed; }
void brine_set_progress(brine_state* state, uint64_t seed, uint64_t steps_done) {
  state->seed = seed;
  state->steps_done = steps_done;
}
