// A compiled program written by hand: y = w·x + b fitted by gradient descent, three kernels in plain C++ behind the ABI
// of program.h.
#ifndef BRINE_TESTS_RUNTIME_LINE_PROGRAM_H_
#define BRINE_TESTS_RUNTIME_LINE_PROGRAM_H_

#include "runtime/program.h"

namespace brine::testing {

// Inputs: data x f32[n], label y f32[n], rows, scalar "rate" (0.1).  Parameters: "line/kernel" uniform(1), "line/bias"
// constant(0). Outputs: "loss" (the mean of squares) of train and evaluate; "output" f32[n] of predict.  Batch size 4.
extern const brine_program kLineProgram;

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_LINE_PROGRAM_H_
