// The names of the layers of a model.
#ifndef BRINE_FRONTEND_LAYERS_LAYER_NAMES_H_
#define BRINE_FRONTEND_LAYERS_LAYER_NAMES_H_

#include <map>
#include <string>
#include <vector>

#include "frontend/layers/layer_builder.h"

namespace brine::internal {

// The name of each layer.  A layer without a name of its own gets one as in Keras: "dense", "dense_1" and so on, in the
// order in which the layers were made.  A given name that is illegal, reserved or taken is a mistake.
std::map<const LayerRecord*, std::string> NameLayers(const std::vector<LayerRecord*>& layers, Mistakes& mistakes);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_LAYERS_LAYER_NAMES_H_
