// Lowers the inputs of a model.
#ifndef BRINE_FRONTEND_LAYERS_INPUTS_H_
#define BRINE_FRONTEND_LAYERS_INPUTS_H_

#include "frontend/layers/layer_builder.h"

namespace brine::internal {

// Adds the input of the graph for `layer`, for which is_input() must hold.  If the user gave no dtype, it is uint8 if
// `is_rescaled`, otherwise float32.
Symbol LowerInput(const LayerRecord& layer, bool is_rescaled, LayerBuilder& builder);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_LAYERS_INPUTS_H_
