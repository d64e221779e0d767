// The reference interpreter: executes a graph of any stage with plain loops.  Tests compare kernels, passes and
// gradients with its results.
#ifndef BRINE_IR_INTERPRET_H_
#define BRINE_IR_INTERPRET_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "ir/graph.h"
#include "ir/tensor.h"

namespace brine::ir {

// Tensors by the names of their values.
template <typename Real>
using Tensors = std::map<std::string, Tensor<Real>, std::less<>>;

// Executes `graph`, which verify.h accepts, with n = `rows`.  `given` has every input and state.  The result has every
// value that a node computes, including those inside kernels.  States keep their content; ApplyUpdates changes it.
// With Real = double the loops compute in double; with Real = float they round after each operation, as a plain kernel
// would, which shows how large an error of rounding is to be expected.
// Errors: `rows` below 1; a tensor that `given` lacks, or of the wrong type or size.
template <typename Real>
absl::StatusOr<Tensors<Real>> Interpret(const Graph& graph, const Tensors<Real>& given, int64_t rows);

// Carries out the updates of the graph: replaces the tensor of each updated state in `states`.  `results` are those of
// Interpret.
template <typename Real>
void ApplyUpdates(const Graph& graph, const Tensors<Real>& results, Tensors<Real>& states);

// The content of every state of the graph before the first step, as its initializer says (initialize.cc has the
// formulas).  The runtime computes the same numbers from the same seed.
template <typename Real>
Tensors<Real> InitialStates(const Graph& graph, uint64_t seed);

// All inputs but data and labels, as the host fills them after `steps_done` training steps.  A scalar has its initial
// value unless `scalars` has one of its name.
template <typename Real>
Tensors<Real> HostInputs(const Graph& graph, uint64_t seed, int64_t steps_done, int64_t rows,
                         const std::map<std::string, double>& scalars = {});

extern template absl::StatusOr<Tensors<double>> Interpret(const Graph&, const Tensors<double>&, int64_t);
extern template absl::StatusOr<Tensors<float>> Interpret(const Graph&, const Tensors<float>&, int64_t);

}  // namespace brine::ir

#endif  // BRINE_IR_INTERPRET_H_
