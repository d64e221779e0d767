// Checks the arguments of Compile() against the model and stores them in the graph.
#ifndef BRINE_FRONTEND_TRAINING_H_
#define BRINE_FRONTEND_TRAINING_H_

#include <string>
#include <vector>

#include "frontend/layers/layer_builder.h"

namespace brine::internal {

struct ModelOutput {
  std::string name;
  Symbol symbol;
};

// Sets graph.training.  What depends on an output is checked only if its symbol is known, that is if there was no
// mistake before it.
void AddTraining(const CompileOptions& options, const Place& place, const std::vector<ModelOutput>& outputs,
                 Mistakes& mistakes, ir::Graph& graph);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_TRAINING_H_
