// A drawing of a graph in the language of Graphviz.  Nodes are ellipses, inputs and states are boxes, a kernel is a
// cluster of its nodes, and a value is the edge from its producer to each reader, labelled with name and type.
#ifndef BRINE_IR_TEXT_DOT_H_
#define BRINE_IR_TEXT_DOT_H_

#include <string>

#include "ir/graph.h"

namespace brine::ir {

// The graph must be one that verify.h accepts.
std::string Dot(const Graph& graph);

}  // namespace brine::ir

#endif  // BRINE_IR_TEXT_DOT_H_
