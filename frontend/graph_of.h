// From a model to its graph.  Not for users: it names Abseil.
#ifndef BRINE_FRONTEND_GRAPH_OF_H_
#define BRINE_FRONTEND_GRAPH_OF_H_

#include "absl/status/statusor.h"
#include "frontend/brine.h"
#include "ir/graph.h"

namespace brine {

// The model's graph at Stage::kGraph, Function::kModel.  A layer's last value has its name ("conv2d"), those before it
// are named after their ops ("conv2d.add"), its parameters "conv2d/kernel".  The output is named "output";
// Graph::training holds Compile()'s arguments. The error holds all mistakes, one line each.
absl::StatusOr<ir::Graph> BuildGraph(const Model& model);

}  // namespace brine

#endif  // BRINE_FRONTEND_GRAPH_OF_H_
