// Groups the nodes of a graph by layer, so that a network is drawn with a box for each layer.
#ifndef BRINE_FRONTEND_CLI_HTML_NODE_GROUPS_H_
#define BRINE_FRONTEND_CLI_HTML_NODE_GROUPS_H_

#include <string>
#include <vector>

#include "frontend/cli/html/layered_layout.h"
#include "ir/graph.h"

namespace brine::cli {

// What a node of a training graph is for.  Nodes on which no output of the graph depends are those of the backward
// pass.
enum class Phase { kForward, kBackward, kUpdate };

struct NodeGroup {
  std::string name;  // of the layer, of several that are computed by one kernel, or of an input or output of the graph
  std::string kind;  // "Conv2D", "input", "output"; of nodes without a layer, the name of their first op
  Phase phase = Phase::kForward;
  std::vector<ir::NodeId> nodes;     // empty for an input or an output of the graph
  ir::ValueId value = ir::kNoValue;  // what the group computes for others; of an input or output, that one
};

struct GroupedNodes {
  std::vector<NodeGroup> groups;
  std::vector<LayoutEdge> edges;  // between groups, each once
};

// Nodes of one layer and phase form a group as far as this makes no cycle between groups; otherwise several.  Weights,
// scalars and what the host computes are not drawn, since their edges would cover all others.
GroupedNodes GroupNodes(const ir::Graph& graph);

// The places in the user's program from which the nodes come, each once: "model.cc:8".
std::vector<std::string> SourceLines(absl::Span<const ir::Location> locations);

// The names of the layers to which the nodes belong, each once.
std::vector<std::string> LayerNames(absl::Span<const ir::Location> locations);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_NODE_GROUPS_H_
