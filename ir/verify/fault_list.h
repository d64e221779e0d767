// What the parts of the verifier share: a list of faults, and the checks that have files of their own.
#ifndef BRINE_IR_VERIFY_FAULT_LIST_H_
#define BRINE_IR_VERIFY_FAULT_LIST_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "ir/text/line.h"
#include "ir/verify/verify.h"

namespace brine::ir {

// The element of a graph that is being checked.  Its description and its line are functions, since they are needed only
// if there is a fault, and most graphs have none.
struct Site {
  std::function<std::string()> where;  // Fault::where
  std::function<TextLine()> line;
};

class FaultList {
 public:
  // Adds a fault unless the list is full.  The culprit is the part of the site's line.
  void Add(const Site& site, Part part, int index, std::string sentence);

  // Whether there are so many faults that no more are added.
  bool full() const { return faults_.size() >= kMaxFaults; }
  std::vector<Fault> Take() && { return std::move(faults_); }

 private:
  static constexpr size_t kMaxFaults = 1000;

  std::vector<Fault> faults_;
};

// The sites of the elements of a graph.  A site refers to its arguments.
Site SiteOf(const Layer& layer);
Site SiteOf(const Training& training);
Site SiteOf(const Training& training, const Objective& objective);
Site SiteOf(const Graph& graph, const Input& input);
Site SiteOf(const Graph& graph, const State& state);
Site SiteOf(const Graph& graph, const Node& node);
Site SiteOf(const Graph& graph, const Update& update);
Site SiteOf(const Graph& graph, const Output& output);
Site SiteOf(const Graph& graph, const Result& result);
Site SiteOfPenalty(const Graph& graph, const ValueId& penalty);

// Checks the arguments of Compile(): the names of losses, metrics and optimizer must be known, and their arguments must
// be complete and within their ranges.
void FindTrainingFaults(const Graph& graph, FaultList& faults);

// Checks the attributes of a node that is not a kernel against the schema of its op.  Returns whether they are legal,
// so that the op's rules may read them.
bool FindAttributeFaults(const Site& site, const Node& node, FaultList& faults);

// Checks the placements of a planned graph that has no other faults: where values of each kind may lie, that values
// which are live at the same time do not overlap, and that kernels which write states come last.
void FindPlacementFaults(const Graph& graph, FaultList& faults);

}  // namespace brine::ir

#endif  // BRINE_IR_VERIFY_FAULT_LIST_H_
