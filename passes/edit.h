// What passes share that do not use the rewriter: which nodes define and read each value, and a few edits of graphs.
#ifndef BRINE_PASSES_EDIT_H_
#define BRINE_PASSES_EDIT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ir/graph.h"

namespace brine::passes {

// The definitions and uses of the values of a graph.  Changes of the graph do not change them.
struct Uses {
  // By value:
  std::vector<ir::NodeId> producer;  // the node that defines it; kNone if no node does
  std::vector<std::vector<ir::NodeId>>
      readers;                        // ascending; a node appears once for each of its operands that is the value
  std::vector<bool> is_graph_result;  // whether it is an output, a penalty or the new content of a state

  static constexpr ir::NodeId kNone{-1};

  ir::NodeId Producer(ir::ValueId value) const { return producer[Index(value)]; }
  const std::vector<ir::NodeId>& Readers(ir::ValueId value) const { return readers[Index(value)]; }
  bool IsGraphResult(ir::ValueId value) const { return is_graph_result[Index(value)]; }
  bool Unread(ir::ValueId value) const { return Readers(value).empty() && !IsGraphResult(value); }
};

Uses FindUses(const ir::Graph& graph);

// Renames a value; a name that is taken gets a number.
void Rename(ir::Graph& graph, ir::ValueId value, const std::string& name);

// The input of the graph with this source and type, which is added if there is none.  A scalar, a label or a weight
// must also have the name; inputs of the other sources are all alike.
ir::ValueId FindOrAddInput(ir::Graph& graph, ir::Source source, absl::string_view name, ir::Type type,
                           double initial = 0);

// Adds those locations that the node lacks, as long as it has fewer than 64.
void AddLocations(const std::vector<ir::Location>& locations, ir::Node& node);

// The error "model.cc:9: conv2d: sentence" for the first location, or "name: sentence" if there is none.
absl::Status ErrorAt(const std::vector<ir::Location>& locations, absl::string_view name, absl::string_view sentence);

}  // namespace brine::passes

#endif  // BRINE_PASSES_EDIT_H_
