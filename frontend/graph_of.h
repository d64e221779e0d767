// Makes the graph of a model.  This is not part of brine.h, since a user of brine.h does not need Abseil.
#ifndef BRINE_FRONTEND_GRAPH_OF_H_
#define BRINE_FRONTEND_GRAPH_OF_H_

#include "absl/status/statusor.h"
#include "frontend/brine.h"
#include "ir/graph.h"

namespace brine {

// The graph of the model, of Stage::kGraph and Function::kModel.  The last value of a layer has the layer's name
// ("conv2d"), and the values before it are named after their ops ("conv2d.add").  Parameters are named "conv2d/kernel"
// and so on.  An only output is named "output".  Graph::training has the arguments of Compile().
// Error: the mistakes of the model, one on each line.
absl::StatusOr<ir::Graph> BuildGraph(const Model& model);

}  // namespace brine

#endif  // BRINE_FRONTEND_GRAPH_OF_H_
