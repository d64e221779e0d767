#include "passes/cse.h"

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ir/op.h"
#include "passes/rewriter.h"

namespace brine::passes {
namespace {

using Key = std::tuple<const ir::Op*, std::vector<ir::ValueId>, std::string>;

// Attributes are compared as text, which is exact and can be ordered, while their values of several types cannot.
Key KeyOf(const ir::Node& node) {
  std::string attributes;
  for (const ir::AttributeSpec& spec : node.op->attributes) {
    for (const auto& [name, value] : node.attributes) {
      if (name == spec.name) absl::StrAppend(&attributes, ir::ToString(spec.kind, value), ";");
    }
  }
  return {node.op, node.inputs, attributes};
}

}  // namespace

absl::StatusOr<bool> Cse(ir::Graph& graph) {
  std::map<Key, const ir::Node*> known;
  return Rewrite(graph, [&](Rewriter& rewriter) {
    const auto [first, is_new] = known.insert({KeyOf(rewriter.node()), &rewriter.node()});
    if (!is_new) rewriter.MergeInto(*first->second);
  });
}

}  // namespace brine::passes
