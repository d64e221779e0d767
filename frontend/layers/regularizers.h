// Keras's regularizers, checked.
#ifndef BRINE_FRONTEND_LAYERS_REGULARIZERS_H_
#define BRINE_FRONTEND_LAYERS_REGULARIZERS_H_

#include <string>
#include <vector>

#include "frontend/brine.h"

namespace brine::internal {

// What is wrong with the regularizer, a clause for each fault; empty if nothing is.
std::vector<std::string> FaultsOf(const Regularizer& regularizer);

// The penalty l1·Σ|x| + l2·Σx².
struct PenaltyFactors {
  double l1 = 0;
  double l2 = 0;
};

// Those of a regularizer without faults.  Both are 0 if there is none.
PenaltyFactors FactorsOf(const Regularizer& regularizer);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_LAYERS_REGULARIZERS_H_
