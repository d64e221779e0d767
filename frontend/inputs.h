// The inputs of a model while it is lowered.
#ifndef BRINE_FRONTEND_INPUTS_H_
#define BRINE_FRONTEND_INPUTS_H_

#include "frontend/layer_builder.h"

namespace brine::internal {

// Adds the input of `layer`, which is an input: its dtype, or, where none was given, bytes if `bytes`, else float32.
Symbol LowerInput(const LayerRecord& layer, bool bytes, LayerBuilder& builder);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_INPUTS_H_
