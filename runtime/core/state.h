/* The state of a model that is being trained, in memory that the caller provides.  The interface is C11.  There are no
 * globals, and nothing is allocated after brine_state_init.
 *
 *   void* memory = aligned_alloc(64, brine_state_bytes(program));
 *   brine_state* state = brine_state_init(program, memory, seed);
 *   const brine_function* train = brine_find_function(program, "train");
 *   memcpy(brine_input_data(state, train, "images"), …);
 *   memcpy(brine_input_data(state, train, "label"), …);
 *   if (brine_step(state, train, rows) != BRINE_OK) puts(brine_error(state));
 *   printf("%g\n", *brine_output_data(state, train, "loss"));
 */
#ifndef BRINE_RUNTIME_CORE_STATE_H_
#define BRINE_RUNTIME_CORE_STATE_H_

#include <stddef.h>

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum brine_status {
  BRINE_OK = 0,
  BRINE_FAILED = 1,   // a kernel or the operating system reported an error
  BRINE_INVALID = 3,  // an argument or a file does not fit the program
  BRINE_DIVERGED = 5  // an output, a gradient, a variable or an expression is not finite, or a gradient is too large
                      // for the optimizer to square; no variable was changed
} brine_status;

typedef struct brine_state brine_state;

// BRINE_OK if this runtime (otherwise BRINE_INVALID) and this machine (otherwise BRINE_FAILED) can run the program.
// `error` gets one sentence otherwise.
brine_status brine_check(const brine_program* program, char* error, size_t error_bytes);

// The size of a state.
size_t brine_state_bytes(const brine_program* program);

// Lays the state out in `memory`, which is aligned to 64 bytes and brine_state_bytes long, and draws the initial
// weights from `seed`.  Null if brine_check refuses the program.
brine_state* brine_state_init(const brine_program* program, void* memory, uint64_t seed);

const brine_program* brine_state_program(const brine_state* state);
const char* brine_error(const brine_state* state);  // one sentence about the last failure

// Each of these is null if nothing has the name.  Functions are "train", "evaluate" and "predict".  A data input has
// the name of the model's input.  A label is called "label", or "<output>_label" in a model with several outputs.
const brine_function* brine_find_function(const brine_program* program, const char* name);
const brine_input* brine_find_input(const brine_function* function, const char* name);
const brine_output* brine_find_output(const brine_function* function, const char* name);

// The memory of an input or an output; null if nothing has the name.  Rows of data, labels and predictions are
// contiguous and in C order.  The caller fills data and labels before each step, which does not change them.  An output
// is valid after a step of its function until the next step of any function, since all functions share memory.
void* brine_input_data(brine_state* state, const brine_function* function, const char* name);
const float* brine_output_data(const brine_state* state, const brine_function* function, const char* name);

// Sets the weights of the rows of the next steps: an element for each row, in memory that the caller keeps and may
// change between steps.  Null, as at first, stands for a weight of 1.  `name` is that of the input, "sample_weight", or
// "<output>_sample_weight" in a model with several outputs.  A step divides the weights by its rows, so that the loss
// is Σ weight·(loss of the row) / rows, as in Keras.  BRINE_INVALID if the function has no such input.
brine_status brine_set_weights(brine_state* state, const brine_function* function, const char* name,
                               const float* weights);

// Sets or returns a scalar, such as "learning_rate" or "dropout/rate".  A scalar keeps its value until it is set again.
// Expressions read all digits of the double, and kernels read it rounded to float.  BRINE_INVALID if no function of the
// program has such a scalar.
brine_status brine_set_scalar(brine_state* state, const char* name, double value);
double brine_get_scalar(const brine_state* state, const char* name);  // NaN if there is none

// Executes one step of a function of the state's program with `rows` rows, from 1 to batch_size.  A step that updates
// variables is counted.  BRINE_INVALID if `function` is null, as brine_find_function returns it for a function that the
// program does not have, or if `rows` is out of range.
// Kernels keep up to 1 MB of private memory on the stack of each thread that runs them, including the calling one,
// whose stack must have room for that.
brine_status brine_step(brine_state* state, const brine_function* function, int32_t rows);

// A training step of a batch that is cut into shards, for gradient accumulation or for several processes:
//
//   float sum[elements];                                      // elements = brine_shard_elements(function)
//   const float* const partials[] = {sum};
//   for each shard, in any order:
//     fill the rows of the inputs
//     brine_step_shard(state, function, rows, first_row);     // after it, the outputs are those of the shard
//     brine_sum_shard(state, function, (float)rows / batch_rows, partials, is_first ? 0 : 1, is_last ? NULL : sum);
//   brine_step_end(state, function);
//
// This updates the variables with the mean of the gradients over the rows of all shards, as a step of the whole batch
// does.  Random layers draw the same numbers for a row as in that step; `first_row` is the index in the batch of the
// shard's first row.  Batch statistics are those of each shard; a moving average gets the mean of what the shards would
// make of it.  Losses, and weights of rows, are means over the shard, so that an output over all shards is their mean,
// weighted by rows.
// A step with shards differs from that of the whole batch where a loss ignores some rows (ignore_class): it is divided
// by the rows of the shard that count, and the shards are weighted by all of their rows.
// The three functions return what brine_step returns.  Nothing is updated before brine_step_end, which a process also
// calls if all shards of the step were made by others.
brine_status brine_step_shard(brine_state* state, const brine_function* function, int32_t rows, int64_t first_row);
brine_status brine_step_end(brine_state* state, const brine_function* function);
// The number of elements of the values that are averaged over shards.  The function must be one of the program's.
int64_t brine_shard_elements(const brine_function* function);
// target = partials[0] + (partials[1] + (… + weight · the values)), in which each product and sum is rounded.  The
// target may be the last of the partial sums.  If it is null, the values themselves become the sum.  The values are
// those of the last call of brine_step_shard, which leaves it to this function to test whether they are finite.
brine_status brine_sum_shard(brine_state* state, const brine_function* function, float weight,
                             const float* const* partials, int32_t partial_count, float* target);

// The memory and the size of the variable with this index in the program's variables.
uint8_t* brine_variable_data(brine_state* state, int32_t index);
int64_t brine_variable_bytes(const brine_program* program, int32_t index);

// BRINE_DIVERGED if a variable contains NaN or infinity; brine_error names the variable.  The caller should test this
// before an evaluation, whose kernels may hide a NaN: a maximum, for example, may ignore it.
brine_status brine_check_variables(brine_state* state);

uint64_t brine_steps_done(const brine_state* state);  // the number of steps that updated variables
uint64_t brine_seed(const brine_state* state);
// Sets what a checkpoint restores besides the variables and scalars.
void brine_set_progress(brine_state* state, uint64_t seed, uint64_t steps_done);

// For measurements.  While a step runs, `observer` is called just before each kernel with done = 0 and just after it
// with done = 1.  The same is done, with a null call, around the test of outputs, gradients and parameters for NaN and
// infinity.  The observer may read values of the state but must not step it.  A null observer ends the observation.
typedef void (*brine_observer)(void* user, const brine_call* call, int done);
void brine_observe(brine_state* state, brine_observer observer, void* user);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_STATE_H_
