// Random models, made with the functions of brine.h.
#ifndef BRINE_TESTS_RANDOM_GENERATE_H_
#define BRINE_TESTS_RANDOM_GENERATE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "frontend/brine.h"
#include "ir/graph.h"

namespace brine {

// The model of `seed`, the same on every machine.  It has at most 12 layers of all kinds, of which one or two are
// inputs, with branches that meet again and layers that are called twice, one or two outputs with losses and metrics of
// their own, and one of the optimizers.  There are three classes.  The sizes are odd, to find mistakes, and few
// different ones, so that models share kernels.
Model RandomModel(uint32_t seed);

// The graph of RandomModel(seed).  If the seed is odd, it also has nodes that no layer makes: sums and products of a
// value with a constant or with itself.
absl::StatusOr<ir::Graph> RandomGraph(uint32_t seed);

}  // namespace brine

#endif  // BRINE_TESTS_RANDOM_GENERATE_H_
