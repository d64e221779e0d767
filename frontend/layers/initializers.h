// Keras's initializers as distributions with numbers that depend on the shape of a parameter.
#ifndef BRINE_FRONTEND_LAYERS_INITIALIZERS_H_
#define BRINE_FRONTEND_LAYERS_INITIALIZERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "frontend/brine.h"
#include "ir/graph.h"

namespace brine::internal {

// What is wrong with the initializer whatever the shape of the parameter is: an unknown name, argument, mode or
// distribution, or an illegal number.  One sentence each.
std::vector<std::string> FaultsOf(const Initializer& initializer);

// The distribution of a parameter of this shape.  FaultsOf must find nothing.  Errors: too few or too many axes.
absl::StatusOr<ir::Initializer> ResolveInitializer(const Initializer& initializer, const ir::Shape& shape);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_LAYERS_INITIALIZERS_H_
