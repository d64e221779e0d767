// Layers that move elements and compute none.
#ifndef BRINE_FRONTEND_BRINE_RESHAPING_H_
#define BRINE_FRONTEND_BRINE_RESHAPING_H_

#include "arguments.h"
#include "tensor.h"

namespace brine {

// [n, a, b, …] to [n, a·b·…].
Layer Flatten(Named options = {}, Line line = Line::current());

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_RESHAPING_H_
