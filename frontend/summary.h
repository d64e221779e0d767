// The table of `summary`: that of Keras, with operations, memory and kernels.
#ifndef BRINE_FRONTEND_SUMMARY_H_
#define BRINE_FRONTEND_SUMMARY_H_

#include <string>

#include "ir/graph.h"

namespace brine {

struct SummaryOptions {
  bool ascii = false;  // whether lines are drawn with + - | instead of box characters
};

// The table has a row for each layer: the shape of its output, the number of its parameters, and, for one row of the
// batch, the operations of the forward pass and the bytes of the output.  Below are the numbers of parameters, the size
// of the optimizer's state, and the planned memory.  `model` has Stage::kGraph.  `planned` is its training graph of
// Stage::kPlanned, or null.  If it is not null, the table also has the kinds of the kernels that compute nodes of the
// layer ("Fused as") and the planned memory.
std::string Summary(const ir::Graph& model, const ir::Graph* planned, const SummaryOptions& options);

}  // namespace brine

#endif  // BRINE_FRONTEND_SUMMARY_H_
