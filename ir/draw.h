// Numbers for every input and state of a graph, for checks that need a step to run on something.
#ifndef BRINE_IR_DRAW_H_
#define BRINE_IR_DRAW_H_

#include "ir/interpret.h"

namespace brine::ir {

// Inputs and states with n = `rows`, drawn from `seed` and their names, so that two graphs of one model get the same
// numbers: floats that a kernel can take, parameters around their initial values, bytes from 0 to 255, labels that are
// classes below `classes` or one-hot rows.
template <typename Real>
Tensors<Real> DrawGiven(const Graph& graph, int64_t rows, int64_t classes, uint64_t seed);

extern template Tensors<double> DrawGiven(const Graph&, int64_t, int64_t, uint64_t);
extern template Tensors<float> DrawGiven(const Graph&, int64_t, int64_t, uint64_t);

}  // namespace brine::ir

#endif  // BRINE_IR_DRAW_H_
