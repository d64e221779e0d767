// Collects the faults of a graph.
#ifndef BRINE_IR_VERIFY_FAULT_LIST_H_
#define BRINE_IR_VERIFY_FAULT_LIST_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "ir/text/line.h"
#include "ir/verify/verify.h"

namespace brine::ir {

// Where a check is.  Place and line are made only when there is a fault, since most graphs have none.
struct Site {
  std::function<std::string()> place;
  std::function<TextLine()> line;
};

class FaultList {
 public:
  void Add(const Site& site, Part part, int index, std::string sentence);

  bool full() const { return faults_.size() >= 1000; }
  std::vector<Fault> Take() && { return std::move(faults_); }

 private:
  std::vector<Fault> faults_;
};

// The graph and what is given must outlive the site.
Site SiteOf(const Layer& layer);
Site SiteOf(const Training& training);
Site SiteOf(const Training& training, const Objective& objective);
Site SiteOf(const Graph& graph, const Input& input);
Site SiteOf(const Graph& graph, const State& state);
Site SiteOf(const Graph& graph, const Node& node);
Site SiteOf(const Graph& graph, const Update& update);
Site SiteOf(const Graph& graph, const Output& output);

// Checks the arguments of Compile(): known names, and the arguments of losses and optimizer with their ranges.
void FindTrainingFaults(const Graph& graph, FaultList& faults);

// Checks an ordinary node's attributes against its op's schema; `site` is the node's.  Returns whether they are legal,
// so that the op's rules may read them.
bool FindAttributeFaults(const Site& site, const Node& node, FaultList& faults);

// Stage *planned*: places, overlaps, order of updates.  The graph has no other faults.
void FindPlacementFaults(const Graph& graph, FaultList& faults);

}  // namespace brine::ir

#endif  // BRINE_IR_VERIFY_FAULT_LIST_H_
