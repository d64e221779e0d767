#include "passes/kernel_query.h"

#include <algorithm>
#include <set>

#include "ir/check.h"
#include "ir/op.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::ValueId;

int64_t Bytes(const Graph& graph, ValueId value) {
  const absl::StatusOr<int64_t> bytes = ir::ByteCount(graph.type(value), std::max<int64_t>(graph.batch_size, 1));
  BRINE_CHECK(bytes.ok());  // the verifier has checked all types
  return *bytes;
}

}  // namespace

bool ReadsPointwise(const Graph& graph, const Node& node, ValueId input) {
  return node.op->is_elementwise() && graph.type(input).shape == graph.type(node.outputs[0]).shape;
}

int64_t KernelFlops(const Graph& graph, const Node& kernel, int64_t rows) {
  int64_t flops = 0;
  for (const Node& node : kernel.body) {
    if (node.op->flops == nullptr) continue;
    std::vector<ir::Type> inputs, outputs;
    for (ValueId input : node.inputs) inputs.push_back(graph.type(input));
    for (ValueId output : node.outputs) outputs.push_back(graph.type(output));
    if (__builtin_add_overflow(flops, node.op->flops({inputs, node.attributes}, outputs, rows), &flops))
      return INT64_MAX;
  }
  return flops;
}

int64_t KernelBytes(const Graph& graph, const Node& kernel) {
  int64_t bytes = 0;
  for (ValueId input : kernel.inputs) bytes += Bytes(graph, input);
  for (ValueId output : kernel.outputs) bytes += Bytes(graph, output);
  return bytes;
}

bool MayAlias(const Graph& graph, const Node& kernel, ValueId input, ValueId output) {
  if (graph.type(input) != graph.type(output)) return false;
  std::set<ValueId> dependent = {input};
  for (const Node& node : kernel.body) {
    if (!node.op->is_elementwise() && !node.op->is_source()) return false;
    for (ValueId value : node.inputs) {
      if (dependent.count(value) == 0) continue;
      if (!ReadsPointwise(graph, node, value)) return false;
      dependent.insert(node.outputs.begin(), node.outputs.end());
    }
  }
  return std::none_of(kernel.outputs.begin(), kernel.outputs.end(),
                      [&](ValueId other) { return other != output && dependent.count(other) != 0; });
}

}  // namespace brine::passes
