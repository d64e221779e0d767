#include "runtime/core/state.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/alignment.h"
#include "runtime/core/cpu.h"
#include "runtime/core/initialize.h"
#include "runtime/core/layout.h"

namespace {

// Kernels may read past the last element of a block, but less than a vector of 64 bytes.
constexpr size_t kTailPadding = 64;

// Hands out the memory of a state, aligned to 64 bytes.  With a null base it only adds up the sizes.
struct Allocator {
  uint8_t* base;
  size_t used = 0;

  template <typename T>
  T* Take(size_t count) {
    T* const taken = base == nullptr ? nullptr : reinterpret_cast<T*>(base + used);
    used += brine::base::RoundUp(count * sizeof(T));
    return taken;
  }
};

FunctionState LayOutFunction(const brine_function& function, Allocator& allocator) {
  size_t arguments = 0;
  for (int32_t call = 0; call < function.call_count; ++call) arguments += 1 + size_t{function.calls[call].value_count};
  FunctionState function_state = {};
  function_state.buffers = allocator.Take<brine_buffer>(static_cast<size_t>(function.value_count));
  function_state.dimensions =
      allocator.Take<brine_dimension>(static_cast<size_t>(function.value_count) * BRINE_MAX_RANK);
  function_state.arguments = allocator.Take<void*>(arguments);
  function_state.first_argument = allocator.Take<void**>(static_cast<size_t>(function.call_count));
  function_state.scalars = allocator.Take<double>(static_cast<size_t>(function.input_count));
  function_state.weights = allocator.Take<const float*>(static_cast<size_t>(function.input_count));
  return function_state;
}

// Lays out the parts of a state and connects them.  With a null base it returns null; allocator.used is the size.
brine_state* LayOut(const brine_program* program, Allocator& allocator) {
  brine_state* const state = allocator.Take<brine_state>(1);
  uint8_t* blocks[BRINE_BLOCK_COUNT] = {};
  for (int block = 0; block < BRINE_BLOCK_COUNT; ++block) {
    if (block != BRINE_CONSTANTS)
      blocks[block] = allocator.Take<uint8_t>(static_cast<size_t>(program->block_bytes[block]) + kTailPadding);
  }
  uint8_t* const scratch = allocator.Take<uint8_t>(static_cast<size_t>(program->scratch_bytes) + kTailPadding);
  FunctionState* const functions = allocator.Take<FunctionState>(static_cast<size_t>(program->function_count));
  const size_t before_functions = allocator.used;
  for (int32_t index = 0; index < program->function_count; ++index)
    LayOutFunction(program->functions[index], allocator);
  if (state == nullptr) return nullptr;
  memset(static_cast<void*>(allocator.base), 0, allocator.used);
  allocator.used = before_functions;
  for (int32_t index = 0; index < program->function_count; ++index)
    functions[index] = LayOutFunction(program->functions[index], allocator);
  state->program = program;
  state->functions = functions;
  memcpy(state->blocks, blocks, sizeof(blocks));
  state->blocks[BRINE_CONSTANTS] = const_cast<uint8_t*>(program->constants);  // kernels never write it
  state->context.scratch = scratch;
  state->context.scratch_bytes = program->scratch_bytes;
  state->context_argument = &state->context;
  return state;
}

// Fills in what does not depend on the number of rows.
void InitBuffer(const brine_state* state, FunctionState& function_state, const brine_function* function,
                int32_t index) {
  static constexpr uint8_t kTypeCode[] = {2, 0, 1, 1, 1};  // by brine_dtype; a mask is passed as its bytes
  const brine_value& value = function->values[index];
  brine_buffer& buffer = function_state.buffers[index];
  buffer.host = ValueData(state, value);
  buffer.type_code = kTypeCode[value.dtype];
  buffer.type_bits = static_cast<uint8_t>(value.dtype == BRINE_U8 || value.dtype == BRINE_MASK ? 8 : 32);
  buffer.type_lanes = 1;
  buffer.dimensions = value.rank;
  buffer.dim = function_state.dimensions + static_cast<size_t>(index) * BRINE_MAX_RANK;
}

void PrepareFunction(brine_state* state, int32_t index) {
  const brine_function* function = &state->program->functions[index];
  FunctionState& function_state = state->functions[index];
  for (int32_t value = 0; value < function->value_count; ++value) InitBuffer(state, function_state, function, value);
  void** argument = function_state.arguments;
  for (int32_t call = 0; call < function->call_count; ++call) {
    function_state.first_argument[call] = argument;
    *argument++ = &state->context_argument;
    for (int value = 0; value < function->calls[call].value_count; ++value)
      *argument++ = &function_state.buffers[function->calls[call].values[value]];
  }
  for (int32_t input = 0; input < function->input_count; ++input)
    function_state.scalars[input] = function->inputs[input].initial;
  SetRows(function_state, function, state->program->batch_size);
}

// The address of the value of a scalar of the function; null if the function has no scalar of this name.
double* FindScalar(const brine_state* state, int32_t index, const char* name) {
  const brine_function* const function = &state->program->functions[index];
  const brine_input* const input = brine_find_input(function, name);
  if (input == nullptr || input->source != BRINE_SCALAR) return nullptr;
  return &state->functions[index].scalars[input - function->inputs];
}

}  // namespace

void SetRows(FunctionState& function_state, const brine_function* function, int32_t rows) {
  if (function_state.rows == rows) return;
  function_state.rows = rows;
  for (int32_t index = 0; index < function->value_count; ++index) {
    const brine_value& value = function->values[index];
    int32_t stride = 1;
    for (int axis = value.rank - 1; axis >= 0; --axis) {
      const int32_t extent = value.dims[axis] == BRINE_BATCH ? rows : value.dims[axis];
      function_state.buffers[index].dim[value.rank - 1 - axis] = {0, extent, stride, 0};
      stride *= extent;
    }
  }
}

brine_status brine_check(const brine_program* program, char* error, size_t error_bytes) {
  if (program->abi_version != BRINE_ABI_VERSION) {
    snprintf(error, error_bytes, "the program was compiled for version %u of the runtime, this is version %d",
             program->abi_version, BRINE_ABI_VERSION);
    return BRINE_INVALID;
  }
  if (program->backend->device != 0) {
    snprintf(error, error_bytes, "%s was compiled for a device that this runtime does not know", program->name);
    return BRINE_INVALID;
  }
  char missing[200];
  if (brine_missing_cpu_features(program->backend->cpu_features, missing, sizeof(missing)) == 0) return BRINE_OK;
  snprintf(error, error_bytes, "%s was compiled for %s, but this processor lacks %s", program->name,
           program->backend->target, missing);
  return BRINE_FAILED;
}

size_t brine_state_bytes(const brine_program* program) {
  Allocator allocator = {nullptr};
  LayOut(program, allocator);
  return allocator.used;
}

brine_state* brine_state_init(const brine_program* program, void* memory, uint64_t seed) {
  char error[512];
  if (brine_check(program, error, sizeof(error)) != BRINE_OK) return nullptr;
  Allocator allocator = {static_cast<uint8_t*>(memory)};
  brine_state* const state = LayOut(program, allocator);
  for (int32_t index = 0; index < program->function_count; ++index) PrepareFunction(state, index);
  state->seed = seed;
  for (int32_t index = 0; index < program->variable_count; ++index)
    brine_initialize(&program->variables[index], seed, (float*)brine_variable_data(state, index));
  return state;
}

const brine_program* brine_state_program(const brine_state* state) { return state->program; }
const char* brine_error(const brine_state* state) { return state->error; }

const brine_function* brine_find_function(const brine_program* program, const char* name) {
  for (int32_t index = 0; index < program->function_count; ++index) {
    if (strcmp(program->functions[index].name, name) == 0) return &program->functions[index];
  }
  return nullptr;
}

const brine_input* brine_find_input(const brine_function* function, const char* name) {
  for (int32_t index = 0; index < function->input_count; ++index) {
    if (strcmp(function->values[function->inputs[index].value].name, name) == 0) return &function->inputs[index];
  }
  return nullptr;
}

const brine_output* brine_find_output(const brine_function* function, const char* name) {
  for (int32_t index = 0; index < function->output_count; ++index) {
    if (strcmp(function->outputs[index].name, name) == 0) return &function->outputs[index];
  }
  return nullptr;
}

void* brine_input_data(brine_state* state, const brine_function* function, const char* name) {
  const brine_input* const input = brine_find_input(function, name);
  return input == nullptr ? nullptr : ValueData(state, function->values[input->value]);
}

const float* brine_output_data(const brine_state* state, const brine_function* function, const char* name) {
  const brine_output* const output = brine_find_output(function, name);
  if (output == nullptr) return nullptr;
  return reinterpret_cast<const float*>(ValueData(state, function->values[output->value]));
}

brine_status brine_set_weights(brine_state* state, const brine_function* function, const char* name,
                               const float* weights) {
  const brine_input* const input = brine_find_input(function, name);
  if (input != nullptr && input->source == BRINE_WEIGHT) {
    state->functions[function - state->program->functions].weights[input - function->inputs] = weights;
    return BRINE_OK;
  }
  snprintf(state->error, sizeof(state->error), "%s has no weights %s", state->program->name, name);
  return BRINE_INVALID;
}

brine_status brine_set_scalar(brine_state* state, const char* name, double value) {
  bool found = false;
  for (int32_t index = 0; index < state->program->function_count; ++index) {
    double* const scalar = FindScalar(state, index, name);
    if (scalar != nullptr) *scalar = value;
    found = found || scalar != nullptr;
  }
  if (found) return BRINE_OK;
  snprintf(state->error, sizeof(state->error), "%s has no scalar input %s", state->program->name, name);
  return BRINE_INVALID;
}

double brine_get_scalar(const brine_state* state, const char* name) {
  for (int32_t index = 0; index < state->program->function_count; ++index) {
    const double* const scalar = FindScalar(state, index, name);
    if (scalar != nullptr) return *scalar;
  }
  return NAN;
}

uint8_t* brine_variable_data(brine_state* state, int32_t index) {
  const brine_variable& variable = state->program->variables[index];
  return state->blocks[variable.block] + variable.offset;
}

int64_t brine_variable_bytes(const brine_program* program, int32_t index) {
  return brine_variable_elements(&program->variables[index]) * 4;
}

void brine_observe(brine_state* state, brine_observer observer, void* user) {
  state->observer = observer;
  state->observer_user = user;
}

uint64_t brine_steps_done(const brine_state* state) { return state->steps_done; }
uint64_t brine_seed(const brine_state* state) { return state->seed; }
void brine_set_progress(brine_state* state, uint64_t seed, uint64_t steps_done) {
  state->seed = seed;
  state->steps_done = steps_done;
}
