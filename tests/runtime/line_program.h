// A compiled program that is written by hand: it fits y = w·x + b by gradient descent.  The three kernels are C++ with
// the ABI of program.h.
#ifndef BRINE_TESTS_RUNTIME_LINE_PROGRAM_H_
#define BRINE_TESTS_RUNTIME_LINE_PROGRAM_H_

#include "runtime/program.h"

namespace brine::testing {

// Inputs: data x f32[n], label y f32[n], rows, and the scalar "rate", at first 0.1.  Parameters: "line/kernel"
// uniform(1) and "line/bias" constant(0).  Outputs: "loss", the mean of squared errors, of train and evaluate, and
// "output" f32[n] of predict.  The batch size is 4.
extern const brine_program kLineProgram;

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_LINE_PROGRAM_H_
