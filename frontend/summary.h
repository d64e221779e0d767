// Keras's summary table with what Brine knows in addition.
#ifndef BRINE_FRONTEND_SUMMARY_H_
#define BRINE_FRONTEND_SUMMARY_H_

#include <string>

#include "ir/graph.h"

namespace brine {

struct SummaryOptions {
  bool ascii = false;  // + - | instead of box characters
};

// One row for each layer: output shape, parameters, floating-point operations and bytes of its output, forward, for one
// row of the batch. Below: parameters, optimizer state and planned memory apart.  `model` is of Stage::kGraph.
// `planned`, which may be null, is its training graph at Stage::kPlanned: it adds the kernels ("Fused as": the
// kinds of those whose body holds a node of the layer) and the memory plan.
std::string Summary(const ir::Graph& model, const ir::Graph* planned, const SummaryOptions& options);

}  // namespace brine

#endif  // BRINE_FRONTEND_SUMMARY_H_
