// Places the nodes of a directed graph without cycles in layers, so that every edge points down.
#ifndef BRINE_FRONTEND_CLI_HTML_LAYERED_LAYOUT_H_
#define BRINE_FRONTEND_CLI_HTML_LAYERED_LAYOUT_H_

#include <vector>

#include "absl/types/span.h"

namespace brine::cli {

struct LayoutEdge {
  int from = 0, to = 0;  // indices of nodes
};

// A node lies on a rank, with its middle at x.  All lengths are those of the widths that were given.
struct NodePlace {
  int rank = 0;
  double x = 0;
};

struct LayeredLayout {
  std::vector<NodePlace> nodes;               // by node
  std::vector<std::vector<NodePlace>> edges;  // by edge: its start, a place on each rank between, and its end
  int ranks = 0;
  double width = 0;  // every node lies from 0 to the width
};

// The method of Sugiyama, Tagawa and Toda (1981).  The rank of a node is the length of the longest path to it, but a
// node that nothing precedes lies just above the first node that follows it.  An edge over several ranks has a place of
// its own on each between.  The order on a rank follows from the means of the neighbours' positions, in sweeps down and
// up, of which the order with the fewest crossings is kept.  The positions are the means of those of the neighbours as
// far as `gap` between nodes allows; long edges are kept straight.  Of a graph whose edges would pass ranks at more
// than 100,000 places, those over several ranks are drawn from end to end.
//
// Edges must be in [0, widths.size()) and form no cycle.
LayeredLayout LayOut(absl::Span<const double> widths, absl::Span<const LayoutEdge> edges, double gap);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_LAYERED_LAYOUT_H_
