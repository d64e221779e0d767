// Small models that together contain every layer, and random models.
#ifndef BRINE_TESTS_PASSES_MODELS_H_
#define BRINE_TESTS_PASSES_MODELS_H_

#include <string>
#include <vector>

#include "ir/graph.h"

namespace brine::passes {

struct NamedModel {
  std::string name;
  ir::Graph graph;  // of Stage::kGraph
};

// Models written by hand: convolutions with each pool, dropout and augmentation, a residual, a sparse loss, and each
// optimizer.
std::vector<NamedModel> SmallModels();

// A model of at most twelve layers of random ops and shapes.  The loss depends on every value.  The same seed gives the
// same model.
ir::Graph RandomModel(uint32_t seed);

// The small models, and some random ones.
std::vector<NamedModel> AllModels();

}  // namespace brine::passes

#endif  // BRINE_TESTS_PASSES_MODELS_H_
