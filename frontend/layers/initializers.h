// Keras's initializers as distributions with numbers that depend on the shape of a parameter.
#ifndef BRINE_FRONTEND_LAYERS_INITIALIZERS_H_
#define BRINE_FRONTEND_LAYERS_INITIALIZERS_H_

#include "absl/status/statusor.h"
#include "frontend/brine.h"
#include "ir/graph.h"

namespace brine::internal {

// The distribution of a parameter of this shape.  The number of inputs and outputs of a unit ("fans") is computed as in
// Keras: in and out of a matrix [in, out], kh·kw·in and kh·kw·out of a kernel [kh, kw, in, out], and the length of a
// vector for both.
// Errors: an unknown name; a constant that is not finite.
absl::StatusOr<ir::Initializer> ResolveInitializer(const Initializer& initializer, const ir::Shape& shape);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_LAYERS_INITIALIZERS_H_
