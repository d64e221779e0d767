// The contract between a compiled program and the runtime: constant tables in C11.
//
// `brine compile` writes one `brine_program` as constant data, and the runtime executes it.  The tables are never
// modified or freed.  Everything that changes while a model trains is in a `brine_state` (core/state.h), so that two
// states of one program may run in two threads.
//
// Offsets and sizes are in bytes unless a comment says otherwise.  Every offset is a multiple of 64.
#ifndef BRINE_RUNTIME_PROGRAM_H_
#define BRINE_RUNTIME_PROGRAM_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BRINE_ABI_VERSION 6
#define BRINE_MAX_RANK 8
#define BRINE_MAX_TERMS 256  // of an expression
#define BRINE_BATCH (-1)     // in brine_value.dims, stands for the number of rows of a step, from 1 to batch_size

typedef enum brine_dtype { BRINE_F32, BRINE_I32, BRINE_U32, BRINE_U8, BRINE_MASK } brine_dtype;

// The block of memory that has the bytes of a value.  Parameters, gradients and each kind of slot have the same order,
// so that one kernel can update all parameters.
typedef enum brine_block {
  BRINE_ARENA,          // values that live within one step; all functions share the block
  BRINE_INPUTS,         // values that the host fills before the step: images, labels, scalars
  BRINE_PARAMETERS,     // weights that are trained
  BRINE_GRADIENTS,      // the gradient of each parameter, at the parameter's offset
  BRINE_SLOTS,          // the optimizer's states, and averages of parameters
  BRINE_CONSTANTS,      // read-only data of the program
  BRINE_OUTPUTS,        // loss, accuracy, probabilities
  BRINE_NON_TRAINABLE,  // frozen weights and statistics
  BRINE_BLOCK_COUNT
} brine_block;

// A tensor that a kernel reads or writes.  Its elements are in C order, without gaps.
typedef struct brine_value {
  const char* name;
  uint8_t dtype;  // brine_dtype
  uint8_t block;  // brine_block
  uint8_t rank;
  int32_t dims[BRINE_MAX_RANK];
  int64_t offset;
} brine_value;

// One call of a kernel.  All kernels have the signature of `run`: argv[0] is a `brine_context**`, and the others are
// `brine_buffer*` in the order of `values`.  `run` returns 0, or an error after it has written a message to the
// context.
typedef struct brine_call {
  int (*run)(void** argv);
  const uint16_t* values;             // indices into the function's values: the inputs, then the outputs
  uint16_t input_count, value_count;  // the first input_count of the value_count values are inputs
  int64_t scratch_bytes;              // what the kernel may allocate from brine_context
  const char* name;                   // the name of the first result: "conv2d"; unique in the function
  const char* layers;                 // the layers that this kernel computes: "conv2d, max_pooling2d"
  const char* location;               // the line of the first of these layers: "model.cc:9"
  double flops;             // operations for a full batch, including multiplications by zero; 0 if not counted
  uint16_t sparse_operand;  // the input, counted from 1, whose zeros the kernel skips; 0 if it skips none
  const char* strategy;     // the name of the strategy that built the kernel: "winograd"
  // The predicted time of one core: that in which it would do so many operations if it did nothing but multiply-adds,
  // and the time of moving the operands from and to memory.
  float predicted_flops;  // if the sparse operand has only zeros
  float nonzero_flops;    // what that operand adds if it has none
  float movement_ms;
  const char* candidates;  // a line for each strategy that was considered: its predicted time, or why it cannot apply
} brine_call;

// How the host fills a graph input before a step.
typedef enum brine_source {
  BRINE_DATA,        // one row of a sample
  BRINE_LABEL,       // one row of a sample's label
  BRINE_SCALAR,      // f32[]: a number that can be set by name between steps; at first it is `initial`
  BRINE_SEED,        // u32[2]: the low and the high word of the seed
  BRINE_STEP,        // u32[2]: the number of training steps done before this one, and the number of rows of the batch
                     // that lie in shards before this one
  BRINE_ROWS,        // f32[]: the number of rows of this shard, or of a batch that is not cut into shards
  BRINE_EXPRESSION,  // f32[]: the result of `terms`, computed in double and rounded once
  BRINE_WEIGHT       // f32[n]: the weight of each row in a loss: that of brine_set_weights, 1 at first, divided by n
} brine_source;

// A term of an expression: a number, or an operation on the results of the terms before it.
typedef enum brine_term_kind {
  BRINE_TERM_CONSTANT,
  BRINE_TERM_SCALAR,  // an earlier input of the same function with the source BRINE_SCALAR or BRINE_EXPRESSION, with
                      // all digits of its double
  BRINE_TERM_STEP,    // the number of training steps done before this one, plus 1
  BRINE_TERM_ADD,
  BRINE_TERM_SUB,
  BRINE_TERM_MUL,
  BRINE_TERM_DIV,
  BRINE_TERM_POW,
  BRINE_TERM_MIN,
  BRINE_TERM_MAX,
  BRINE_TERM_SQRT,
  BRINE_TERM_EXP,
  BRINE_TERM_LOG,
  BRINE_TERM_COS,
  BRINE_TERM_FLOOR,
  BRINE_TERM_LESS,          // 1 if a < b, else 0
  BRINE_TERM_SELECT,        // b if a is not 0, else c
  BRINE_TERM_Q_POCHHAMMER,  // (a; q)ₙ of the operands a, q, n (core/expression.h)
  // Only in a brine_result:
  BRINE_TERM_ROWS,    // the number of rows over which the sums were taken
  BRINE_TERM_OUTPUT,  // element i of a BRINE_SUM; of one with one element, that element
  BRINE_TERM_NEXT     // element i + 1 of a BRINE_SUM
} brine_term_kind;

typedef struct brine_term {
  uint8_t kind;    // brine_term_kind
  uint16_t input;  // of a BRINE_TERM_SCALAR: the index of that input in the function's inputs; of a BRINE_TERM_OUTPUT
                   // or BRINE_TERM_NEXT: the index of the sum in its outputs
  double number;   // of a BRINE_TERM_CONSTANT
} brine_term;

// An input of a function.  Its name is that of its value.
typedef struct brine_input {
  uint16_t value;           // the index of the value in the function's values
  uint8_t source;           // brine_source
  double initial;           // of a BRINE_SCALAR
  const brine_term* terms;  // of a BRINE_EXPRESSION: in postfix order, at most BRINE_MAX_TERMS, with one result
  int32_t term_count;
  // Of a BRINE_LABEL: the number of classes, if the label has class numbers, i32[n,…], or a probability for each class,
  // f32[n,…,classes]; 0 if the label has other numbers.
  int32_t classes;
  uint8_t ignores_class;  // of a BRINE_LABEL with classes: 1 if labels of `ignored_class` do not count; otherwise 0
  int32_t ignored_class;  // any number, which a label may then have although it is none of the classes
  const char* output;     // of a BRINE_LABEL or BRINE_WEIGHT: the output of the model to which it belongs
} brine_input;

// The kind of a function's output.
typedef enum brine_output_kind {
  BRINE_PREDICTION,  // f32[n,…]: a row for each row of the batch
  BRINE_MEAN,        // f32[]: a mean over the rows of the batch; to average several batches, weight it by their rows
  BRINE_SUM          // f32[] or f32[k]: a sum over the rows of the batch, from which results are computed
} brine_output_kind;

// Whether a result is better if it is smaller or larger; unknown of what is no result, such as a prediction.
typedef enum brine_better { BRINE_BETTER_UNKNOWN, BRINE_SMALLER_IS_BETTER, BRINE_LARGER_IS_BETTER } brine_better;

typedef struct brine_output {
  const char* name;  // "loss", "accuracy", "output"; in a model with several outputs "parity", "parity_loss"
  uint16_t value;    // the index of the value in the function's values
  uint8_t kind;      // brine_output_kind
  int32_t classes;   // of a BRINE_PREDICTION: the number of classes, if a row has a number for each class; otherwise 0
  uint8_t better;    // brine_better, of a BRINE_MEAN
} brine_output;

// A number that the host computes in double after some batches, such as a precision: Σ over i below `summands` of the
// expression, whose terms are elements i of sums over these batches (brine_evaluate_result).
typedef struct brine_result {
  const char* name;  // "precision"; in a model with several outputs "parity_precision"
  const brine_term* terms;
  int32_t term_count;
  int32_t summands;
  uint8_t better;  // brine_better
} brine_result;

// A function of the model: "train", "evaluate" or "predict".  The calls from `first_update` on write variables.  Before
// them, the runtime tests the outputs, the gradients, the parameters and everything in the arena that these calls read
// for NaN and infinity, and before the first call the expressions, so that a step that fails has changed no variable.
//
// A batch may be cut into shards (brine_step_shard).  The first `shard_calls` calls are made for each shard, the others
// once, after the values `shard_means` were replaced by their means over the shards.
typedef struct brine_function {
  const char* name;
  const brine_value* values;
  const brine_call* calls;
  const brine_input* inputs;
  const brine_output* outputs;
  const brine_result* results;
  // Indices of values, which are f32 and of which no two share memory: the gradients and the new content of statistics.
  const uint16_t* shard_means;
  int32_t value_count, call_count, input_count, output_count, result_count, shard_mean_count;
  int32_t shard_calls;
  int32_t first_update;      // equal to call_count if no call writes a variable
  uint8_t squares_gradient;  // 1 if an update averages squares of gradients, which must not overflow; otherwise 0
} brine_function;

// How a variable gets its content before the first step (core/initialize.h).
typedef enum brine_initializer {
  BRINE_CONSTANT,
  BRINE_UNIFORM,
  BRINE_TRUNCATED_NORMAL,
  BRINE_NORMAL,
  BRINE_ORTHOGONAL,
  BRINE_IDENTITY,
  BRINE_DATA_MEAN,  // a number for each channel of an input: the trainer replaces it by the mean of the training data
  BRINE_DATA_VARIANCE  // the same with the variance (trainer/data_statistics.h)
} brine_initializer;

// The role of a variable in training.
typedef enum brine_role {
  BRINE_ROLE_PARAMETER,  // a weight that is trained
  BRINE_ROLE_SLOT,       // the optimizer's state for a parameter
  BRINE_ROLE_FROZEN,     // a weight that is not trained
  BRINE_ROLE_STATISTIC,  // a weight that the model updates itself, such as a moving mean, or that is learnt from the
                         // data
  BRINE_ROLE_AVERAGE     // the moving average of a parameter
} brine_role;

// A tensor that keeps its content from step to step.
typedef struct brine_variable {
  const char* name;  // as in checkpoints: "conv2d/kernel", "optimizer/momentum/conv2d/kernel"
  uint8_t dtype;     // BRINE_F32
  uint8_t block;     // BRINE_PARAMETERS, BRINE_SLOTS or BRINE_NON_TRAINABLE
  uint8_t role;      // brine_role
  uint8_t rank;
  uint8_t initializer;  // brine_initializer
  int32_t dims[BRINE_MAX_RANK];
  int64_t offset;
  // The constant; half the width of a uniform distribution; the standard deviation of a normal distribution, which may
  // be truncated at two of them; or the factor of an orthogonal matrix or of the identity.  Of a mean or variance of
  // data: each element until there are training data.
  double argument;
  double mean;           // of a distribution
  uint32_t id;           // brine_random_id of the name (core/philox.h), or, of an average, of the name of its parameter
  const char* location;  // "model.cc:8"
  const char* data;      // of BRINE_DATA_MEAN and BRINE_DATA_VARIANCE: the name of the input; otherwise empty
} brine_variable;

// What the program needs from the machine, and what it takes from the code generator's runtime.  The compiled program
// fills this table, so that the runtime does not depend on the code generator or its library.
typedef int (*brine_task)(void* user_context, int32_t index, uint8_t* closure);
typedef struct brine_backend {
  // Calls `task` for each index from `min` to min + size − 1 on the threads of the pool, and returns when all have
  // ended: 0, or the result of a task that was not 0.
  int (*parallel_for)(void* user_context, brine_task task, int32_t min, int32_t size, uint8_t* closure);
  int (*set_threads)(int32_t count);  // sets the number of threads of the process's one pool; returns the former one
  const char* const* cpu_features;    // those that kernels use: "avx2", "fma" (core/cpu.cc); null-terminated
  const char* target;                 // the target for which kernels were compiled: "x86-64-linux-avx2-…"
  uint32_t device;                    // 0: blocks are in the host's memory, where kernels run; others are reserved
} brine_backend;

typedef struct brine_program {
  uint32_t abi_version;  // BRINE_ABI_VERSION
  const char* name;      // "cifar10_cnn"
  int32_t batch_size;    // the largest n
  int64_t block_bytes[BRINE_BLOCK_COUNT];
  int64_t scratch_bytes;            // the largest of all calls
  const brine_function* functions;  // with different names; a model without a loss has only "predict"
  int32_t function_count;
  const brine_variable* variables;  // by role, then in the order of their blocks
  int32_t variable_count;
  const uint8_t* constants;  // the content of the block BRINE_CONSTANTS
  const brine_backend* backend;
  const char* summary;   // the table that the command `summary` prints
  const uint8_t* graph;  // the text of the model and of the planned graphs, packed by gzip, for `brine inspect`
  int64_t graph_bytes;
  uint64_t graph_hash;             // a hash of the variables' names, shapes and order; a checkpoint has the same
  const char* numerics_id;         // differs if results may differ in rounding: the target, a hash of what kernels are
  const char* const* class_names;  // null-terminated; null if they are not known
  int64_t arena_bound_bytes;       // the largest sum of live bytes, which no plan can go below; 0 if unknown
} brine_program;

// A tensor as kernels see it.  The layout is that of the code generator's buffer type; the compiler, which includes
// both headers, checks this.
typedef struct brine_dimension {
  int32_t min, extent, stride;
  uint32_t flags;
} brine_dimension;
typedef struct brine_buffer {
  uint64_t device;
  const void* device_interface;
  uint8_t* host;
  uint64_t flags;
  uint8_t type_code, type_bits;  // code: 0 signed, 1 unsigned, 2 float
  uint16_t type_lanes;
  int32_t dimensions;
  brine_dimension* dim;  // innermost first
  void* padding;
} brine_buffer;

// The user context of a kernel: scratch memory, from which the kernel's allocations are taken as from a stack, and the
// first error message.  Only the thread that called the kernel allocates from it.
typedef struct brine_context {
  uint8_t* scratch;
  int64_t scratch_bytes, scratch_used;
  char error[256];
} brine_context;

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_PROGRAM_H_
