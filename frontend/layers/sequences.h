// Sequences [n, steps, c] as images with one row, [n, 1, steps, c], which have the same bytes.  The layers for
// sequences are those for images between two such views.  The steps lie along the width, so that a window's taps are
// contiguous, and the kernels' tiles of pixels are tiles of steps.
#ifndef BRINE_FRONTEND_LAYERS_SEQUENCES_H_
#define BRINE_FRONTEND_LAYERS_SEQUENCES_H_

#include <array>

#include "absl/functional/function_ref.h"
#include "frontend/layers/layer_builder.h"

namespace brine::internal {

inline constexpr const char* kSequences = "sequences (n, steps, channels)";
inline constexpr std::array<const char*, 2> kSequenceAxes = {"row", "steps"};

// The layer's input as images; unknown if its rank is not 3.
Symbol AsImages(LayerBuilder& builder);

// Calls `lower`, whose result is an image [n, 1, steps, c], and returns it as [n, steps, c], the layer's own value.
Symbol AsSequences(LayerBuilder& builder, absl::FunctionRef<Symbol()> lower);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_LAYERS_SEQUENCES_H_
