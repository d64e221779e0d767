#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/core/denormals.h"
#include "runtime/core/expression.h"
#include "runtime/core/finite.h"
#include "runtime/core/layout.h"
#include "runtime/core/numbers.h"
#include "runtime/core/state.h"

namespace {

// Weight / rows for each row; `weights` is null if all are 1.
void WriteWeights(const float* weights, int32_t rows, uint8_t* target) {
  for (int32_t row = 0; row < rows; ++row) {
    const float share = static_cast<float>((weights == nullptr ? 1.0 : double{weights[row]}) / rows);
    memcpy(target + size_t{4} * static_cast<size_t>(row), &share, sizeof(share));
  }
}

// How a sentence about a step that failed ends.
const char* EndingOf(const brine_function* function) {
  return function->first_update == function->call_count ? "" : "; nothing was updated";
}

// Fills the inputs that do not depend on data, for `rows` rows of which the first has this index in the batch.  An
// expression may leave its domain after any number of steps.  BRINE_DIVERGED and the state's error if one is not finite
// as a float.  A kernel would bring such a rate into every parameter.
brine_status WriteHostInputs(brine_state* state, const brine_function* function, const FunctionState& function_state,
                             int32_t rows, int64_t first_row) {
  for (int32_t index = 0; index < function->input_count; ++index) {
    const brine_input& input = function->inputs[index];
    uint8_t* const target = ValueData(state, function->values[input.value]);
    const uint32_t seed[2] = {static_cast<uint32_t>(state->seed), static_cast<uint32_t>(state->seed >> 32)};
    const uint32_t step[2] = {static_cast<uint32_t>(state->steps_done), static_cast<uint32_t>(first_row)};
    float real = 0;
    switch (input.source) {
      case BRINE_DATA:
      case BRINE_LABEL:
        continue;
      case BRINE_SEED:
        memcpy(target, seed, sizeof(seed));
        continue;
      case BRINE_STEP:
        memcpy(target, step, sizeof(step));
        continue;
      case BRINE_SCALAR:
        real = static_cast<float>(function_state.scalars[index]);
        break;
      case BRINE_ROWS:
        real = static_cast<float>(rows);
        break;
      case BRINE_WEIGHT:
        WriteWeights(function_state.weights[index], rows, target);
        continue;
      case BRINE_EXPRESSION:
        function_state.scalars[index] =
            brine_evaluate(input.terms, input.term_count, function_state.scalars, state->steps_done);
        real = static_cast<float>(function_state.scalars[index]);
        if (isfinite(real)) break;
        snprintf(state->error, sizeof(state->error), "%s is not finite in step %llu%s",
                 function->values[input.value].name, static_cast<unsigned long long>(state->steps_done + 1),
                 EndingOf(function));
        return BRINE_DIVERGED;
    }
    memcpy(target, &real, sizeof(real));
  }
  return BRINE_OK;
}

brine_status RunCall(brine_state* state, const brine_function* function, FunctionState& function_state, int32_t call) {
  state->context.scratch_used = 0;
  state->context.error[0] = '\0';
  if (function->calls[call].run(function_state.first_argument[call]) == 0) return BRINE_OK;
  snprintf(state->error, sizeof(state->error), "kernel %s failed: %s", function->calls[call].name,
           state->context.error);
  return BRINE_FAILED;
}

// The exponent of the limit below which the gradients of a function must be.  Some optimizers average their squares.
// If one overflowed, the average would be infinite, and every later update of the parameter would be zero, while all
// parameters stay finite.
int GradientLimit(const brine_function* function) {
  constexpr int kSquarable = 63;  // squares are below 2^126, so that no rounding makes their average overflow
  return function->squares_gradient ? kSquarable : BRINE_FINITE;
}

// The index of the first element of a value that is not below 2^limit, or −1.
int64_t FirstNotBelow(const brine_state* state, const brine_value& value, int32_t rows, int limit) {
  if (value.dtype != BRINE_F32) return -1;
  const float* const data = reinterpret_cast<const float*>(ValueData(state, value));
  const int64_t elements = ElementCount(value, rows);
  return brine_all_below(data, elements, limit) ? -1 : brine_first_not_below(data, elements, limit);
}

bool AreOutputsFinite(const brine_state* state, const brine_function* function, int32_t rows) {
  for (int32_t index = 0; index < function->output_count; ++index) {
    if (FirstNotBelow(state, function->values[function->outputs[index].value], rows, BRINE_FINITE) >= 0) return false;
  }
  return true;
}

bool IsBlockBelow(brine_state* state, brine_block block, int limit) {
  return brine_all_below_parallel(state->program->backend, &state->context,
                                  reinterpret_cast<const float*>(state->blocks[block]),
                                  state->program->block_bytes[block] / 4, limit);
}

// Writes the line and the layers of a call: "model.cc:9: conv2d", or as much as is known.
void DescribeCall(const brine_call& call, char* text, size_t bytes) {
  const char* const layers = call.layers[0] == '\0' ? call.name : call.layers;
  snprintf(text, bytes, "%s%s%s", call.location, call.location[0] == '\0' ? "" : ": ", layers);
}

// Writes the state's error: a call's result is not finite, or the optimizer cannot square it.  `ending` ends the
// sentence.
void DescribeFault(brine_state* state, const brine_call& call, const brine_value& result, int64_t element,
                   const char* ending) {
  char where[200], what[100] = "is not finite";
  DescribeCall(call, where, sizeof(where));
  const float number = reinterpret_cast<const float*>(ValueData(state, result))[element];
  if (isfinite(number))
    snprintf(what, sizeof(what), "reaches %.2g, whose square the optimizer cannot average in float32,",
             static_cast<double>(fabsf(number)));
  snprintf(state->error, sizeof(state->error), "%s: %s %s in step %llu%s", where, result.name, what,
           static_cast<unsigned long long>(state->steps_done + 1), ending);
}

// Runs the first `calls` calls again, one by one, and writes the state's error about the first result that is out of
// range.
void FindFault(brine_state* state, const brine_function* function, FunctionState& function_state, int32_t calls) {
  if (brine_check_variables(state) != BRINE_OK) return;
  const char* const ending = EndingOf(function);
  for (int32_t index = 0; index < calls; ++index) {
    if (RunCall(state, function, function_state, index) != BRINE_OK) return;
    const brine_call& call = function->calls[index];
    for (int value = call.input_count; value < call.value_count; ++value) {
      const brine_value& result = function->values[call.values[value]];
      const int limit = result.block == BRINE_GRADIENTS ? GradientLimit(function) : BRINE_FINITE;
      const int64_t element = FirstNotBelow(state, result, function_state.rows, limit);
      if (element >= 0) return DescribeFault(state, call, result, element, ending);
    }
  }
  snprintf(state->error, sizeof(state->error), "the loss or a gradient is not finite in step %llu%s",
           static_cast<unsigned long long>(state->steps_done + 1), ending);
}

void Observe(const brine_state* state, const brine_call* call, int done) {
  if (state->observer != nullptr) state->observer(state->observer_user, call, done);
}

brine_status RunCalls(brine_state* state, const brine_function* function, FunctionState& function_state, int32_t begin,
                      int32_t end) {
  for (int32_t call = begin; call < end; ++call) {
    Observe(state, &function->calls[call], 0);
    const brine_status status = RunCall(state, function, function_state, call);
    Observe(state, &function->calls[call], 1);
    if (status != BRINE_OK) return status;
  }
  return BRINE_OK;
}

// Whether everything in the arena that the updates read, such as the new content of statistics, is finite.
bool AreNewStatisticsFinite(const brine_state* state, const brine_function* function, int32_t rows) {
  for (int32_t index = function->first_update; index < function->call_count; ++index) {
    const brine_call& call = function->calls[index];
    for (int value = 0; value < call.input_count; ++value) {
      const brine_value& read = function->values[call.values[value]];
      if (read.block == BRINE_ARENA && FirstNotBelow(state, read, rows, BRINE_FINITE) >= 0) return false;
    }
  }
  return true;
}

// Tests the results of the kernels before the updates, and the parameters, which the updates are about to change.
bool IsStepFinite(brine_state* state, const brine_function* function, int32_t rows) {
  Observe(state, nullptr, 0);
  const bool updates = function->first_update < function->call_count;
  const bool finite = AreOutputsFinite(state, function, rows) &&
                      (!updates || (IsBlockBelow(state, BRINE_GRADIENTS, GradientLimit(function)) &&
                                    IsBlockBelow(state, BRINE_PARAMETERS, BRINE_FINITE) &&
                                    AreNewStatisticsFinite(state, function, rows)));
  Observe(state, nullptr, 1);
  return finite;
}

FunctionState& StateOf(brine_state* state, const brine_function* function) {
  return state->functions[function - state->program->functions];
}

// BRINE_INVALID and the state's error if the program does not have the function.
brine_status CheckFunction(brine_state* state, const brine_function* function) {
  if (function != nullptr) return BRINE_OK;
  snprintf(state->error, sizeof(state->error), "%s was not compiled for this", state->program->name);
  return BRINE_INVALID;
}

// Prepares the function for these rows of a batch.
brine_status BeginStep(brine_state* state, const brine_function* function, int32_t rows, int64_t first_row) {
  if (CheckFunction(state, function) != BRINE_OK) return BRINE_INVALID;
  if (rows < 1 || rows > state->program->batch_size) {
    snprintf(state->error, sizeof(state->error), "%d rows, but the program was compiled for 1 to %d", rows,
             state->program->batch_size);
    return BRINE_INVALID;
  }
  if (first_row < 0 || first_row > UINT32_MAX) {
    snprintf(state->error, sizeof(state->error), "a batch has no row %lld", static_cast<long long>(first_row));
    return BRINE_INVALID;
  }
  FunctionState& function_state = StateOf(state, function);
  SetRows(function_state, function, rows);
  return WriteHostInputs(state, function, function_state, rows, first_row);
}

// Makes the calls from `begin` on.  If what those before the updates read and made is finite, makes the updates;
// otherwise finds the fault among the first `repeatable` calls.
brine_status EndStep(brine_state* state, const brine_function* function, int32_t begin, int32_t repeatable) {
  FunctionState& function_state = StateOf(state, function);
  brine_status status = RunCalls(state, function, function_state, begin, function->first_update);
  if (status != BRINE_OK) return status;
  if (!IsStepFinite(state, function, function_state.rows)) {
    FindFault(state, function, function_state, repeatable);
    return BRINE_DIVERGED;
  }
  status = RunCalls(state, function, function_state, function->first_update, function->call_count);
  if (status == BRINE_OK && function->first_update < function->call_count) ++state->steps_done;
  return status;
}

}  // namespace

brine_status brine_step(brine_state* state, const brine_function* function, int32_t rows) {
  const brine::FlushDenormals flush;
  const brine_status status = BeginStep(state, function, rows, 0);
  return status != BRINE_OK ? status : EndStep(state, function, 0, function->first_update);
}

brine_status brine_step_shard(brine_state* state, const brine_function* function, int32_t rows, int64_t first_row) {
  const brine::FlushDenormals flush;
  brine_status status = BeginStep(state, function, rows, first_row);
  if (status != BRINE_OK) return status;
  FunctionState& function_state = StateOf(state, function);
  status = RunCalls(state, function, function_state, 0, function->shard_calls);
  if (status != BRINE_OK) return status;
  if (AreOutputsFinite(state, function, rows)) return BRINE_OK;
  FindFault(state, function, function_state, function->shard_calls);
  return BRINE_DIVERGED;
}

brine_status brine_step_end(brine_state* state, const brine_function* function) {
  if (CheckFunction(state, function) != BRINE_OK) return BRINE_INVALID;
  const brine::FlushDenormals flush;
  // The updates read scalars and expressions, which a process that made no shard of this step has not written.
  FunctionState& function_state = StateOf(state, function);
  const brine_status status = WriteHostInputs(state, function, function_state, function_state.rows, 0);
  return status != BRINE_OK ? status : EndStep(state, function, function->shard_calls, 0);
}

int64_t brine_shard_elements(const brine_function* function) {
  int64_t sum = 0;
  for (int32_t index = 0; index < function->shard_mean_count; ++index)
    sum += ElementCount(function->values[function->shard_means[index]], 0);
  return sum;
}

brine_status brine_sum_shard(brine_state* state, const brine_function* function, float weight,
                             const float* const* partials, int32_t partial_count, float* target) {
  if (CheckFunction(state, function) != BRINE_OK) return BRINE_INVALID;
  const brine::FlushDenormals flush;
  int64_t begin = 0;
  int finite = 1;
  for (int32_t index = 0; index < function->shard_mean_count; ++index) {
    const brine_value& value = function->values[function->shard_means[index]];
    auto* const data = reinterpret_cast<float*>(ValueData(state, value));
    const int64_t elements = ElementCount(value, 0);
    finite &= brine_sum(state->program->backend, data, weight, elements, partials, partial_count, begin,
                        target == nullptr ? data : target + begin);
    begin += elements;
  }
  if (finite != 0) return BRINE_OK;
  FindFault(state, function, StateOf(state, function), function->shard_calls);
  return BRINE_DIVERGED;
}

brine_status brine_check_variables(brine_state* state) {
  const brine_program* program = state->program;
  for (int32_t index = 0; index < program->variable_count; ++index) {
    const brine_variable& variable = program->variables[index];
    const float* data = reinterpret_cast<const float*>(brine_variable_data(state, index));
    const int64_t count = brine_variable_bytes(program, index) / 4;
    if (brine_all_below_parallel(program->backend, &state->context, data, count, BRINE_FINITE)) continue;
    snprintf(state->error, sizeof(state->error), "%s%s%s is not finite at element %lld before step %llu",
             variable.location, variable.location[0] == '\0' ? "" : ": ", variable.name,
             static_cast<long long>(brine_first_not_below(data, count, BRINE_FINITE)),
             static_cast<unsigned long long>(state->steps_done + 1));
    return BRINE_DIVERGED;
  }
  return BRINE_OK;
}
