// What Compile() was told, checked against the model.
#ifndef BRINE_FRONTEND_TRAINING_H_
#define BRINE_FRONTEND_TRAINING_H_

#include "frontend/layer_builder.h"

namespace brine::internal {

// Sets graph.training.  `output` is the model's; what depends on it is checked only as far as it is known.
void AddTraining(const CompileOptions& options, const Place& place, const Symbol& output, Mistakes& mistakes,
                 ir::Graph& graph);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_TRAINING_H_
