// The layout of a brine_state, for state.cc and step.cc, and for `bench`, which reads the arena.
#ifndef BRINE_RUNTIME_CORE_LAYOUT_H_
#define BRINE_RUNTIME_CORE_LAYOUT_H_

#include <stdint.h>

#include "runtime/core/state.h"

// What a state has for each function of the program: the buffers of its values, and the arguments of its calls.
struct FunctionState {
  brine_buffer* buffers;
  brine_dimension* dimensions;  // BRINE_MAX_RANK for each buffer
  void** arguments;             // of all calls: for each, the address of the context, then its buffers
  void*** first_argument;       // by call: where its arguments begin
  double* scalars;              // by input: the value, if the source is BRINE_SCALAR
  const float** weights;        // by input: those of brine_set_weights, if the source is BRINE_WEIGHT; or null
  int32_t rows;                 // the number of rows for which the extents of the buffers are set
};

struct brine_state {
  const brine_program* program;
  uint8_t* blocks[BRINE_BLOCK_COUNT];
  FunctionState* functions;  // in the program's order
  brine_context context;
  brine_context* context_argument;  // the address of `context`; kernels take the address of this pointer
  brine_observer observer;          // null if there is none
  void* observer_user;
  uint64_t seed, steps_done;
  char error[512];
};

inline uint8_t* ValueData(const brine_state* state, const brine_value& value) {
  return state->blocks[value.block] + value.offset;
}

// The number of elements of a value with `rows` rows.
inline int64_t ElementCount(const brine_value& value, int32_t rows) {
  int64_t elements = 1;
  for (int axis = 0; axis < value.rank; ++axis) elements *= value.dims[axis] == BRINE_BATCH ? rows : value.dims[axis];
  return elements;
}

// Sets the extents and strides of every buffer of the function for `rows` rows.
void SetRows(FunctionState& function_state, const brine_function* function, int32_t rows);

#endif  // BRINE_RUNTIME_CORE_LAYOUT_H_
