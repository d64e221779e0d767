#include "codegen/driver/region.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "ir/op.h"
#include "passes/regions.h"

namespace brine::codegen {

using ir::Node;
using ir::ValueId;

namespace {

// The batch size of the canonical form of an update of vectors, for which it is cut into tasks and its cost is
// predicted.
constexpr int64_t kUpdateBatch = 1 << 20;

}  // namespace

int64_t UpdateLength(const ir::Graph& graph, const Node& kernel) {
  if (!kernel.is_kernel() || (kernel.region != passes::kUpdate && kernel.body.size() > 1)) return 0;
  const auto updates =
      std::count_if(kernel.body.begin(), kernel.body.end(), [](const Node& node) { return node.op->is_update(); });
  const bool is_elementwise =
      std::all_of(kernel.body.begin(), kernel.body.end(), [](const Node& node) { return node.op->is_elementwise(); });
  if (updates != 1 || !is_elementwise) return 0;
  const ir::Shape& shape = graph.type(kernel.outputs[0]).shape;
  return shape.size() == 1 ? shape[0] : 0;
}

ir::Graph CanonicalRegion(const ir::Graph& graph, const Node& kernel) {
  ir::Graph region;
  region.name = "kernel";
  region.stage = ir::Stage::kFused;
  region.function = ir::Function::kTrain;
  region.batch_size = graph.batch_size;

  std::map<ValueId, ValueId> renamed;
  const auto rename = [&](const std::vector<ValueId>& values) {
    std::vector<ValueId> result;
    for (ValueId value : values) {
      const auto [it, added] = renamed.emplace(value, ir::kNoValue);
      if (added) it->second = region.AddValue(absl::StrCat("v", region.values.size()), graph.type(value));
      result.push_back(it->second);
    }
    return result;
  };

  Node node;
  node.region = kernel.is_kernel() ? kernel.region : passes::kLoop;
  std::vector<ValueId> arguments = KernelArguments(kernel);
  node.inputs = rename({arguments.begin(), arguments.end() - static_cast<std::ptrdiff_t>(kernel.outputs.size())});
  for (ValueId input : node.inputs) region.inputs.push_back({input, ir::Source::kData, 0});
  node.outputs = rename(kernel.outputs);
  for (int64_t input : kernel.sparse) {
    const auto argument = std::find(arguments.begin(), arguments.end(), kernel.inputs[static_cast<size_t>(input)]);
    node.sparse.push_back(argument - arguments.begin());
  }
  std::sort(node.sparse.begin(), node.sparse.end());
  node.sparse.erase(std::unique(node.sparse.begin(), node.sparse.end()), node.sparse.end());
  for (const Node& original : kernel.is_kernel() ? kernel.body : std::vector<Node>{kernel}) {
    Node copy = original;
    copy.inputs = rename(original.inputs);
    copy.outputs = rename(original.outputs);
    copy.locations.clear();
    node.body.push_back(std::move(copy));
  }
  region.nodes.push_back(std::move(node));
  if (UpdateLength(graph, kernel) > 0) {
    region.batch_size = kUpdateBatch;
    for (ir::Value& value : region.values) {
      if (value.type.rank() == 1) value.type.shape = {ir::kBatch};
    }
  }
  return region;
}

double BatchesOf(const ir::Graph& graph, const Node& kernel) {
  const int64_t length = UpdateLength(graph, kernel);
  return length > 0 ? static_cast<double>(length) / static_cast<double>(kUpdateBatch) : 1;
}

std::vector<ValueId> KernelArguments(const Node& kernel) {
  std::vector<ValueId> arguments;
  for (ValueId input : kernel.inputs) {
    if (std::find(arguments.begin(), arguments.end(), input) == arguments.end()) arguments.push_back(input);
  }
  arguments.insert(arguments.end(), kernel.outputs.begin(), kernel.outputs.end());
  return arguments;
}

}  // namespace brine::codegen
