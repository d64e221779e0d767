// Keras's initializers, resolved to a distribution for one parameter.
#ifndef BRINE_FRONTEND_INITIALIZERS_H_
#define BRINE_FRONTEND_INITIALIZERS_H_

#include "absl/status/statusor.h"
#include "frontend/brine.h"
#include "ir/graph.h"

namespace brine::internal {

// Fans are Keras's: (in, out) for a matrix; a convolution's channels times its receptive field, [kh, kw, in, out]; a
// vector's length, twice. Errors: an unknown name, a constant that is not finite.
absl::StatusOr<ir::Initializer> ResolveInitializer(const Initializer& initializer, const ir::Shape& shape);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_INITIALIZERS_H_
