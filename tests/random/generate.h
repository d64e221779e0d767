// Random models, in the vocabulary of brine.h.
#ifndef BRINE_TESTS_RANDOM_GENERATE_H_
#define BRINE_TESTS_RANDOM_GENERATE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "frontend/brine.h"
#include "ir/graph.h"

namespace brine {

// The model of `seed`, the same everywhere: at most 12 layers of all kinds over one or two inputs, with branches that
// meet again and layers that are called twice, under either loss and any optimizer.  Three classes.  Sizes are odd, and
// few, so that models share kernels.
Model RandomModel(uint32_t seed);

// The graph of RandomModel(seed) with what no layer makes: here and there a value is taken through constants of several
// shapes, or is an operand twice.
absl::StatusOr<ir::Graph> RandomGraph(uint32_t seed);

}  // namespace brine

#endif  // BRINE_TESTS_RANDOM_GENERATE_H_
