#include "codegen/halide/kernel_spec.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "ir/kinds.h"

namespace brine::codegen {
namespace {

using ir::Node;
using ir::OpKind;
using ir::ValueId;

class SpecBuilder {
 public:
  explicit SpecBuilder(const ir::Graph& graph) : spec_{graph, graph.nodes[0]} {}

  KernelSpec Run() && {
    FindHero();
    if (spec_.reason.empty()) SortNodes();
    if (spec_.reason.empty()) CheckResults();
    if (spec_.reason.empty()) FindFirstEpilogueNode();
    if (spec_.reason.empty()) return std::move(spec_);
    return {.graph = spec_.graph, .kernel = spec_.kernel, .reason = spec_.reason};
  }

 private:
  void FindHero() {
    for (const Node& node : spec_.kernel.body) {
      if (node.op->kind != OpKind::kContraction) continue;
      if (spec_.hero != nullptr) spec_.reason = absl::StrCat("it holds ", spec_.hero->op->name, " and ", node.op->name);
      spec_.hero = &node;
    }
    if (spec_.hero == nullptr) spec_.reason = "it holds no contraction";
  }

  static bool ReadsAny(const Node& node, const std::set<ValueId>& values) {
    return std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) { return values.count(input) != 0; });
  }
  bool IsStored(const Node& node) const {
    return std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId value) { return spec_.IsOutput(value); });
  }
  bool HasResultsOfOneShape(const Node& node) const {
    return std::all_of(node.outputs.begin(), node.outputs.end(),
                       [&](ValueId value) { return spec_.shape(value) == spec_.shape(node.outputs[0]); });
  }
  bool IsSideReduction(const Node& node) const { return ir::ReducedAxes(node) != nullptr && IsStored(node); }

  // What needs a node of the body.  Nodes that compute results are needed by these even if a side reduction reads them.
  enum class Need { kNothing, kSideReductions, kResults };

  std::vector<Need> FindNeeds() const {
    std::map<ValueId, Need> need_of_value;
    std::vector<Need> needs(spec_.kernel.body.size(), Need::kNothing);
    for (size_t index = needs.size(); index-- > 0;) {
      const Node& node = spec_.kernel.body[index];
      for (ValueId output : node.outputs) {
        needs[index] = std::max(needs[index], spec_.IsOutput(output) ? Need::kResults : need_of_value[output]);
      }
      for (ValueId input : node.inputs) {
        Need& need = need_of_value[input];
        need = std::max(need, IsSideReduction(node) ? Need::kSideReductions : needs[index]);
      }
    }
    return needs;
  }

  void SortNodes() {
    const std::vector<Need> needs = FindNeeds();
    dependent_.insert(spec_.hero->outputs.begin(), spec_.hero->outputs.end());
    for (size_t index = 0; index < needs.size(); ++index) {
      const Node& node = spec_.kernel.body[index];
      if (&node == spec_.hero || needs[index] == Need::kNothing) continue;
      if (ReadsAny(node, reduced_)) return Refuse(node, "reads a reduction of its results");
      const bool is_summand = node.op->is_elementwise() && needs[index] == Need::kSideReductions;
      if (!ReadsAny(node, dependent_)) {
        if (is_summand && !IsStored(node)) spec_.summands.push_back(node.outputs[0]);
        if (!IsStored(node)) continue;  // otherwise it belongs to the prologue of an operand
        if (!IsSideReduction(node)) return Refuse(node, "is a result of its own");
        if (!HasResultsOfOneShape(node)) return Refuse(node, "has results of different shapes");
        spec_.side_reductions.push_back(&node);
        continue;
      }
      if ((is_summand || IsSideReduction(node)) && ReadsUnstored(node)) return Refuse(node, "reads what is not stored");
      if (IsSideReduction(node)) {
        if (!HasResultsOfOneShape(node)) return Refuse(node, "has results of different shapes");
        spec_.side_reductions.push_back(&node);
        reduced_.insert(node.outputs.begin(), node.outputs.end());
        continue;
      }
      dependent_.insert(node.outputs.begin(), node.outputs.end());
      if (is_summand) {
        spec_.summands.insert(spec_.summands.end(), node.outputs.begin(), node.outputs.end());
      } else if (node.op->is_elementwise()) {
        const ir::Shape& shape = spec_.shape(spec_.pool == nullptr ? spec_.sums() : spec_.pool->outputs[0]);
        if (spec_.shape(node.outputs[0]) != shape) return Refuse(node, "changes the shape");
        (spec_.pool == nullptr ? spec_.epilogue : spec_.pooled_epilogue).push_back(&node);
      } else if (node.op->kind == OpKind::kWindow && spec_.pool == nullptr) {
        spec_.pool = &node;
      } else {
        return Refuse(node, "is not elementwise");
      }
    }
  }

  // After a pool, no node may read what is before it.
  void CheckResults() {
    for (ValueId output : spec_.kernel.outputs) {
      if (dependent_.count(output) != 0) spec_.results.push_back(output);
    }
    if (spec_.results.empty()) spec_.reason = absl::StrCat("nothing reads what ", spec_.hero->op->name, " makes");
    if (spec_.pool == nullptr) return;
    std::set<ValueId> before_pool(spec_.hero->outputs.begin(), spec_.hero->outputs.end());
    for (const Node* node : spec_.epilogue) before_pool.insert(node->outputs.begin(), node->outputs.end());
    for (const Node* node : spec_.pooled_epilogue) {
      for (ValueId input : node->inputs) {
        if (before_pool.count(input) != 0) return Refuse(*node, "reads a value from before the pool");
      }
    }
    for (ValueId result : spec_.results) {
      if (before_pool.count(result) != 0) spec_.reason = "it stores a value from before the pool";
    }
  }

  void FindFirstEpilogueNode() {
    const ValueId sums = spec_.sums();
    int readers = 0;
    for (const Node& node : spec_.kernel.body)
      readers += static_cast<int>(std::count(node.inputs.begin(), node.inputs.end(), sums));
    if (readers != 1 || spec_.IsOutput(sums) || spec_.epilogue.empty()) return;
    const Node& first = *spec_.epilogue[0];
    const auto operand = std::find(first.inputs.begin(), first.inputs.end(), sums);
    if (operand == first.inputs.end()) return;
    if (first.op->adds) {
      const ValueId other = first.inputs[operand == first.inputs.begin() ? 1 : 0];
      if (!spec_.IsParameter(other)) return;
      spec_.addend = other;
      spec_.with_addend = first.outputs[0];
    }
    if (first.op->selects_positive && operand == first.inputs.begin() && spec_.IsParameter(first.inputs[1]) &&
        spec_.shape(first.inputs[1]) == spec_.sums_shape()) {
      spec_.mask = first.inputs[1];
      spec_.masked = first.outputs[0];
    }
  }

  // Whether the node reads a value that depends on the hero and is neither stored nor a summand, so that a loop after
  // the kernel's cannot read it.
  bool ReadsUnstored(const Node& node) const {
    return std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
      return dependent_.count(input) != 0 && !spec_.IsSummand(input) && !spec_.IsOutput(input);
    });
  }

  void Refuse(const Node& node, const char* why) {
    spec_.reason = absl::StrCat(node.op->name, " beside ", spec_.hero->op->name, " ", why);
  }

  KernelSpec spec_;
  std::set<ValueId> dependent_;  // values that depend on the hero, without reductions of its results
  std::set<ValueId> reduced_;    // reductions of its results
};

bool Contains(const std::vector<ValueId>& values, ValueId value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

bool KernelSpec::IsParameter(ValueId value) const { return Contains(kernel.inputs, value); }
bool KernelSpec::IsOutput(ValueId value) const { return Contains(kernel.outputs, value); }
bool KernelSpec::IsSummand(ValueId value) const { return Contains(summands, value); }

const Node* KernelSpec::Producer(ValueId value) const {
  for (const Node& node : kernel.body) {
    if (Contains(node.outputs, value)) return &node;
  }
  return nullptr;
}

bool KernelSpec::IsSparse(ValueId value) const {
  return std::any_of(kernel.sparse.begin(), kernel.sparse.end(),
                     [&](int64_t input) { return kernel.inputs[static_cast<size_t>(input)] == value; });
}

KernelSpec MakeSpec(const ir::Graph& graph) { return SpecBuilder(graph).Run(); }

}  // namespace brine::codegen
