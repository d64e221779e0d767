// The table of activations, by Keras's names.
#ifndef BRINE_FRONTEND_LAYERS_ACTIVATIONS_H_
#define BRINE_FRONTEND_LAYERS_ACTIVATIONS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "frontend/layers/layer_builder.h"

namespace brine::internal {

// The numbers of selu, for which Klambauer et al., "Self-normalizing neural networks" (2017), give this many digits.
inline constexpr double kSeluAlpha = 1.6732632423543772, kSeluScale = 1.0507009873554805;

struct Activation {
  std::string name;
  // Adds the nodes that compute the activation of x, f32 of any shape.  The last of them has the layer's name, and its
  // result, of the shape of x, is returned.  An activation may be one op or a composition of several.
  Symbol (*lower)(LayerBuilder& builder, const Symbol& x);
};

// The activation that a layer names, or null if that is none ("" or "linear").  An unknown name is reported as the
// layer's mistake, and null is returned.
const Activation* CheckActivation(absl::string_view name, LayerBuilder& builder);

// Adds an activation of the calling program.  It is called by one thread, before models are built.
void AddActivation(const Activation& activation);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_LAYERS_ACTIVATIONS_H_
