// A drawing of a graph for Graphviz: nodes, one cluster a kernel, inputs and states as boxes, values as edges with
// their types.
#ifndef BRINE_IR_TEXT_DOT_H_
#define BRINE_IR_TEXT_DOT_H_

#include <string>

#include "ir/graph.h"

namespace brine::ir {

std::string Dot(const Graph& graph);  // accepted by verify.h

}  // namespace brine::ir

#endif  // BRINE_IR_TEXT_DOT_H_
