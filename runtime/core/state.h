/* A model that is being trained: everything that changes, in memory the caller gives.  C11; no globals, no allocation
 * after the start.
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
  BRINE_DIVERGED = 5  // loss, a gradient, a parameter or an output is not finite, or a gradient is too large for the
                      // optimizer to square; nothing was updated
} brine_status;

typedef struct brine_state brine_state;

// Whether this machine and this runtime can run the program; otherwise one sentence in `error`.
brine_status brine_check(const brine_program* program, char* error, size_t error_bytes);

size_t brine_state_bytes(const brine_program* program);

// Lays the state out in `memory` (64-byte aligned, brine_state_bytes long) and draws the initial weights of `seed`.
// Null if brine_check refuses the program.
brine_state* brine_state_init(const brine_program* program, void* memory, uint64_t seed);

const brine_program* brine_state_program(const brine_state* state);
const char* brine_error(const brine_state* state);  // the last failure, one sentence

// Each of these is null if there is none of the name.  Functions are "train", "evaluate" and "predict".  A data input
// has the name of the model's input; a label is "label", or "<output>_label" in a model with several outputs.
const brine_function* brine_find_function(const brine_program* program, const char* name);
const brine_input* brine_find_input(const brine_function* function, const char* name);
const brine_output* brine_find_output(const brine_function* function, const char* name);

// Memory for an input, and the results of the last step.  Rows of data, labels and predictions are dense and
// contiguous.  The caller fills data and labels before each step, and a step does not change them.  An output is valid
// until the next step of any function, since all functions share the arena.
void* brine_input_data(brine_state* state, const brine_function* function, const char* name);
const float* brine_output_data(const brine_state* state, const brine_function* function, const char* name);

// Scalars: "learning_rate", "dropout/rate", …  They keep their values until they are set again.  They are doubles:
// expressions read all their digits, and kernels read them rounded to float.  BRINE_INVALID if the program has no such
// scalar.
brine_status brine_set_scalar(brine_state* state, const char* name, double value);
double brine_get_scalar(const brine_state* state, const char* name);  // NaN if there is none

// One step of a function of the state's program with `rows` rows, 1 … batch_size.  A step that updates is counted.  A
// null function, which the program does not have, is BRINE_INVALID.
// Kernels keep up to 1 MB of private memory on the stack of each thread that runs them, which includes the calling
// one.  The stack of a thread that steps must hold that and its own calls.
brine_status brine_step(brine_state* state, const brine_function* function, int32_t rows);

uint8_t* brine_variable_data(brine_state* state, int32_t index);
int64_t brine_variable_bytes(const brine_program* program, int32_t index);

// BRINE_DIVERGED, with the name in brine_error, if a variable contains NaN or infinity.  Kernels may hide a NaN, so
// this is worth testing before an evaluation.
brine_status brine_check_variables(brine_state* state);

uint64_t brine_steps_done(const brine_state* state);  // those that updated
uint64_t brine_seed(const brine_state* state);
void brine_set_progress(brine_state* state, uint64_t seed,
                        uint64_t steps_done);  // what a checkpoint restores beside the variables

// For measurements: `observer` is called as steps run, with done 0 just before and 1 just after each kernel, and
// likewise, with a null call, around the test of outputs, gradients and parameters for NaN and infinity.  It may read
// values of the state but must not step it.
typedef void (*brine_observer)(void* user, const brine_call* call, int done);
void brine_observe(brine_state* state, brine_observer observer, void* user);  // null: none, as at the start

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_STATE_H_
