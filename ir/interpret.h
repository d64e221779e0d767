// The reference interpreter: executes a graph of any stage with plain loops.  It is the oracle for kernels, passes and
// gradients.
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

// Executes `graph`, which verify.h accepts, with n = `rows`.  `given` holds every input and state; the result holds
// every value that was computed, those inside kernels included.  States are not overwritten: ApplyUpdates does that.
// Errors: a tensor missing from `given` or of the wrong type or size.
template <typename Real>
absl::StatusOr<Tensors<Real>> Interpret(const Graph& graph, const Tensors<Real>& given, int64_t rows);

// Writes what the graph's updates name from `results` into `states`.
template <typename Real>
void ApplyUpdates(const Graph& graph, const Tensors<Real>& results, Tensors<Real>& states);

// Every state of the graph as its initializer draws it for `seed` (initialize.cc gives the formula; the runtime draws
// the same numbers).
template <typename Real>
Tensors<Real> InitialStates(const Graph& graph, uint64_t seed);

// The inputs that the host derives: scalars at their initial values unless `scalars` names others, seed, step, rows,
// expressions.
template <typename Real>
Tensors<Real> HostInputs(const Graph& graph, uint64_t seed, int64_t step, int64_t rows,
                         const std::map<std::string, double>& scalars = {});

extern template absl::StatusOr<Tensors<double>> Interpret(const Graph&, const Tensors<double>&, int64_t);
extern template absl::StatusOr<Tensors<float>> Interpret(const Graph&, const Tensors<float>&, int64_t);

}  // namespace brine::ir

#endif  // BRINE_IR_INTERPRET_H_
