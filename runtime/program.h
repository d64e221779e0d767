// The contract between a compiled program and the runtime: constant tables, plain C11.
//
// `brine compile` writes one `brine_program` as constant data, and the runtime executes it.  Nothing here is modified
// or freed.  Everything that changes while a model trains is in a `brine_state` (state.h), so two states may run in two
// threads.
//
// Sizes are bytes unless a name says otherwise.  Every offset is a multiple of 64.
#ifndef BRINE_RUNTIME_PROGRAM_H_
#define BRINE_RUNTIME_PROGRAM_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BRINE_ABI_VERSION 2
#define BRINE_MAX_RANK 8
#define BRINE_MAX_TERMS 64  // of an expression
#define BRINE_BATCH (-1)    // in brine_value.dims: the number of rows of this step, 1 … batch_size

typedef enum brine_dtype { BRINE_F32, BRINE_I32, BRINE_U32, BRINE_U8, BRINE_MASK } brine_dtype;

// The block of a value's bytes.  Parameters, gradients and slots are blocks of their own in the same order of
// parameters.
typedef enum brine_block {
  BRINE_ARENA,          // lives within one step; shared by the functions
  BRINE_INPUTS,         // filled by the host before the step: images, labels, scalars
  BRINE_PARAMETERS,     // weights that are trained
  BRINE_GRADIENTS,      // one gradient per parameter, at the parameter's offset
  BRINE_SLOTS,          // the optimizer's states, and averages of parameters
  BRINE_CONSTANTS,      // read-only data of the program
  BRINE_OUTPUTS,        // loss, accuracy, probabilities
  BRINE_NON_TRAINABLE,  // frozen weights and statistics
  BRINE_BLOCK_COUNT
} brine_block;

// A tensor a kernel reads or writes.  dims are in C order (the last one is contiguous), dense.
typedef struct brine_value {
  const char* name;
  uint8_t dtype;  // brine_dtype
  uint8_t block;  // brine_block
  uint8_t rank;
  int32_t dims[BRINE_MAX_RANK];
  int64_t offset;
} brine_value;

// One kernel call.  `run` is the kernel's uniform entry: argv[0] is `brine_context**`, argv[1 …] are `brine_buffer*` in
// the order of `values`. It returns 0, or an error that it has also reported through the context.
typedef struct brine_call {
  int (*run)(void** argv);
  const uint16_t* values;             // indices into the function's values: inputs, then outputs
  uint16_t input_count, value_count;  // the first input_count of value_count are inputs
  int64_t scratch_bytes;
  const char* name;         // of its first result: "conv2d", unique in the function
  const char* layers;       // "conv2d, max_pooling2d": the layers this kernel serves
  const char* location;     // "model.cc:9" of the first of them
  double flops;             // of a full batch, including multiplications by zero; 0 if they were not counted
  uint16_t sparse_operand;  // the input, counted from 1, whose zeros the kernel skips; 0: it skips none
  const char* strategy;     // how it was built: "winograd"
  double predicted_ms;      // the predicted time on one core
  const char* candidates;   // a line for each candidate: its name and its predicted time, or why it cannot build it
} brine_call;

// How the host fills a graph input before a step.
typedef enum brine_source {
  BRINE_DATA,       // one row of a sample
  BRINE_LABEL,      // one row of a sample's label
  BRINE_SCALAR,     // settable by name between steps; `initial` until then
  BRINE_SEED,       // u32[2]: the seed's low and high word
  BRINE_STEP,       // u32[]: the number of training steps done before this one
  BRINE_ROWS,       // f32[]: n, the rows of this batch, as a real number
  BRINE_EXPRESSION  // f32[]: `terms`, computed in double and rounded once
} brine_source;

// A term of an expression: a number, or an operation over the results of the terms before it.
typedef enum brine_term_kind {
  BRINE_TERM_CONSTANT,
  BRINE_TERM_SCALAR,  // an input of the same function from BRINE_SCALAR, with all digits of its double
  BRINE_TERM_STEP,    // the number of training steps done before this one, plus 1
  BRINE_TERM_ADD,
  BRINE_TERM_SUB,
  BRINE_TERM_MUL,
  BRINE_TERM_DIV,
  BRINE_TERM_POW,
  BRINE_TERM_MIN,
  BRINE_TERM_MAX,
  BRINE_TERM_SQRT
} brine_term_kind;

typedef struct brine_term {
  uint8_t kind;    // brine_term_kind
  uint16_t input;  // BRINE_TERM_SCALAR: an index into the function's inputs
  double number;   // BRINE_TERM_CONSTANT
} brine_term;

// An input has the name of its value.
typedef struct brine_input {
  uint16_t value;
  uint8_t source;           // brine_source
  double initial;           // BRINE_SCALAR
  const brine_term* terms;  // BRINE_EXPRESSION: in postfix order, at most BRINE_MAX_TERMS, with one result
  int32_t term_count;
  // BRINE_LABEL: the number of classes of a label.  The label is the number of one, i32[n], or a share of each,
  // f32[n,classes].  0: it holds numbers.
  int32_t classes;
} brine_input;

// The kind of a function's output.
typedef enum brine_output_kind {
  BRINE_PREDICTION,  // a row for each row of the batch
  BRINE_MEAN         // f32[]: a mean over the rows of the batch; of several batches the mean is weighted by their rows
} brine_output_kind;

typedef struct brine_output {
  const char* name;  // "loss", "accuracy", "output"; of a model with several outputs "parity", "parity_loss"
  uint16_t value;
  uint8_t kind;     // brine_output_kind
  int32_t classes;  // BRINE_PREDICTION: a row holds a number for each of so many classes; 0: it holds numbers
} brine_output;

// A graph of the model, named after its purpose: "train", "evaluate", "predict".  Calls from `first_update` on write
// state.  Before them the runtime tests loss, gradients, parameters and everything in the arena that these calls read
// for NaN and infinity, so that a step that fails has changed nothing.
typedef struct brine_function {
  const char* name;
  const brine_value* values;
  const brine_call* calls;
  const brine_input* inputs;
  const brine_output* outputs;
  int32_t value_count, call_count, input_count, output_count;
  int32_t first_update;      // == call_count if nothing is written
  uint8_t squares_gradient;  // an update averages squares of gradients, which must not overflow
} brine_function;

typedef enum brine_initializer { BRINE_CONSTANT, BRINE_UNIFORM, BRINE_TRUNCATED_NORMAL } brine_initializer;

// The role of a variable in training.
typedef enum brine_role {
  BRINE_ROLE_PARAMETER,  // trained
  BRINE_ROLE_SLOT,       // the optimizer's state for a parameter
  BRINE_ROLE_FROZEN,     // a weight that is not trained
  BRINE_ROLE_STATISTIC,  // a weight that the model updates itself, such as a moving mean
  BRINE_ROLE_AVERAGE     // the moving average of a parameter
} brine_role;

// A tensor that lives across steps, with its name in checkpoints.
typedef struct brine_variable {
  const char* name;  // "conv2d/kernel", "optimizer/momentum/conv2d/kernel"
  uint8_t dtype;     // BRINE_F32
  uint8_t block;     // BRINE_PARAMETERS, BRINE_SLOTS or BRINE_NON_TRAINABLE
  uint8_t role;      // brine_role
  uint8_t rank;
  uint8_t initializer;  // brine_initializer
  int32_t dims[BRINE_MAX_RANK];
  int64_t offset;
  double
      argument;  // the constant, the limit (uniform in [−limit, limit)), or the standard deviation (cut at two of them)
  uint32_t id;           // word of the random counter, hashed from the name
  const char* location;  // "model.cc:8"
} brine_variable;

// What the program needs from the machine and from the code generator's runtime.  Code that codegen emits fills the
// table, so that the runtime names neither the generator nor its library.
typedef int (*brine_task)(void* user_context, int32_t index, uint8_t* closure);
typedef struct brine_backend {
  int (*parallel_for)(void* user_context, brine_task task, int32_t min, int32_t size, uint8_t* closure);
  int (*set_threads)(int32_t count);  // of the process's one pool; returns the former count
  const char* const* cpu_features;  // names for __builtin_cpu_supports-like tests: "avx2", "fma", …; null-terminated
  const char* target;               // "x86-64-linux-avx2-…"
  uint32_t device;  // 0: blocks are in the host's memory, where kernels run; all other values are reserved
} brine_backend;

typedef struct brine_program {
  uint32_t abi_version;  // BRINE_ABI_VERSION
  const char* name;      // "cifar10_cnn"
  int32_t batch_size;    // the largest n
  int64_t block_bytes[BRINE_BLOCK_COUNT];
  int64_t scratch_bytes;            // the largest of any call
  const brine_function* functions;  // over one state, each name once; a model without a loss has only "predict"
  int32_t function_count;
  const brine_variable* variables;  // by role, then in the order of their blocks
  int32_t variable_count;
  const uint8_t* constants;  // BRINE_CONSTANTS
  const brine_backend* backend;
  const char* summary;   // the model's table, for printing
  const uint8_t* graph;  // the planned graphs, for `brine inspect`
  int64_t graph_bytes;
  uint64_t graph_hash;             // of names, shapes and order of the variables; a checkpoint must have the same
  const char* numerics_id;         // what determines the bits: strategies, tiles, target
  const char* const* class_names;  // null-terminated, or null
  int64_t arena_bound_bytes;       // the largest sum of live bytes, a lower bound of every plan; 0 if unknown
} brine_program;

// A tensor as kernels see it, layout-compatible with the code generator's buffer type (checked where that is included).
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

// The user context of a kernel: planned scratch memory, which its allocations use as a stack, and the place for the
// first error message.  Kernels allocate from it only on the calling thread.
typedef struct brine_context {
  uint8_t* scratch;
  int64_t scratch_bytes, scratch_used;
  char error[256];
} brine_context;

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_PROGRAM_H_
