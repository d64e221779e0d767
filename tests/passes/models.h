// Small models that contain every layer, and random ones.
#ifndef BRINE_TESTS_PASSES_MODELS_H_
#define BRINE_TESTS_PASSES_MODELS_H_

#include <string>
#include <vector>

#include "ir/graph.h"

namespace brine::passes {

struct NamedModel {
  std::string name;
  ir::Graph graph;  // at Stage::kGraph
};

// Hand-made: convolutions with each pool, dropout and augmentation, a residual, a sparse loss, each optimizer.
std::vector<NamedModel> SmallModels();

// At most twelve layers of random ops over random shapes, whose every value reaches the loss; the same for the same
// seed.
ir::Graph RandomModel(uint32_t seed);

// Small and random ones.
std::vector<NamedModel> AllModels();

}  // namespace brine::passes

#endif  // BRINE_TESTS_PASSES_MODELS_H_
