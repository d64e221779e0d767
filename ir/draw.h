// Random numbers for every input and state of a graph, for checks that execute a step.
#ifndef BRINE_IR_DRAW_H_
#define BRINE_IR_DRAW_H_

#include "ir/interpret.h"

namespace brine::ir {

// The tensors that Interpret takes as `given`: all inputs and states, with n = `rows`.  They depend on `seed` and on
// the names of the values only, so that two graphs of one model get the same numbers.
//   states           their initial values plus a number from [−0.1, 0.1), or from [0.01, 0.1) for slots and statistics
//   data             floats from [−1, 1), whole numbers from 0 to 255
//   labels           class numbers below `classes`; of float labels, one-hot rows
//   all other inputs as in the fourth step of training
// All floats are representable in f32, even if Real is double, so that kernels can compute with the same numbers.
template <typename Real>
Tensors<Real> DrawGiven(const Graph& graph, int64_t rows, int64_t classes, uint64_t seed);

extern template Tensors<double> DrawGiven(const Graph&, int64_t, int64_t, uint64_t);
extern template Tensors<float> DrawGiven(const Graph&, int64_t, int64_t, uint64_t);

}  // namespace brine::ir

#endif  // BRINE_IR_DRAW_H_
