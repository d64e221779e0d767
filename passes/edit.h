// Shared by passes: who defines and reads each value, and the few edits that keep a graph valid.
#ifndef BRINE_PASSES_EDIT_H_
#define BRINE_PASSES_EDIT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "ir/graph.h"

namespace brine::passes {

struct Uses {
  std::vector<ir::NodeId> producer;              // by value; kNone: an input, a state, or a value that was removed
  std::vector<std::vector<ir::NodeId>> readers;  // by value: ascending, one for each operand that is the value
  std::vector<bool> leaves;                      // by value: it is an output of the graph or the new content of a state

  static constexpr ir::NodeId kNone{-1};

  ir::NodeId Producer(ir::ValueId value) const { return producer[Index(value)]; }
  const std::vector<ir::NodeId>& Readers(ir::ValueId value) const { return readers[Index(value)]; }
  bool Leaves(ir::ValueId value) const { return leaves[Index(value)]; }
  bool Unread(ir::ValueId value) const { return Readers(value).empty() && !Leaves(value); }
};

Uses FindUses(const ir::Graph& graph);

// Renames a value; a name that is taken gets a number.
void Rename(ir::Graph& graph, ir::ValueId value, const std::string& name);

// The input that the host fills from `source` (for a scalar or a label, the one of that name); added if there is none.
ir::ValueId FindOrAddInput(ir::Graph& graph, ir::Source source, absl::string_view name, ir::Type type,
                           double initial = 0);

// Adds the locations that `node` lacks, as far as the text form's limit of a list allows.
void AddLocations(const std::vector<ir::Location>& locations, ir::Node& node);

// "model.cc:9: conv2d: sentence"; `name` replaces the layer if no line is known.
absl::Status ErrorAt(const std::vector<ir::Location>& locations, absl::string_view name, absl::string_view sentence);

}  // namespace brine::passes

#endif  // BRINE_PASSES_EDIT_H_
