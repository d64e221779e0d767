// Names of the layers of a model.
#ifndef BRINE_FRONTEND_LAYER_NAMES_H_
#define BRINE_FRONTEND_LAYER_NAMES_H_

#include <map>
#include <string>
#include <vector>

#include "frontend/layer_builder.h"

namespace brine::internal {

// Given names as they are, the others as Keras numbers them, in the order in which the layers were made: dense,
// dense_1, … Mistakes: a given name that is illegal, reserved or taken.
std::map<const LayerRecord*, std::string> NameLayers(const std::vector<const LayerRecord*>& layers, Mistakes& mistakes);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_LAYER_NAMES_H_
