#include "passes/regions.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "ir/check.h"
#include "ir/fault_list.h"
#include "ir/op.h"
#include "passes/patterns.h"

namespace brine::passes {
namespace {

using ir::Graph;
using ir::Node;
using ir::ValueId;

using Live = Region::Live;

constexpr Region kRegions[] = {
    {"head", MatchHead,
     "a dozen ops on a few numbers a row: started one by one they would cost more than they compute"},
    {"conv_of_live", MatchConvOfLive,
     "what relu turned off is not multiplied; bias and activation take the sums while they are at hand", Live::kFirst},
    {"conv_pool", MatchConvPool,
     "bias, pool and activation take the sums while they are in registers; the full picture is never stored"},
    {"conv_grad_filter_of_live", MatchConvGradFilterOfLive, "what relu turned off gives the filters nothing",
     Live::kSecond},
    {"conv_grad_filter", MatchConvGradFilter,
     "reads pooled gradients and winners instead of a full-size gradient that is three quarters zero", Live::kOfPool},
    {"conv_grad_input_of_live", MatchConvGradInputOfLive, "what relu turned off gives the pixels nothing",
     Live::kFirst},
    {"conv_grad_input", MatchConvGradInput,
     "as above; relu's mask is applied to a result, once, not to an operand, once a tap", Live::kOfPool},
    {"dense_of_live", MatchDenseOfLive,
     "what relu turned off is not multiplied; bias and activation take the sums while they are at hand", Live::kFirst},
    {"dense_grad_filter_of_live_input", MatchDenseGradFilterOfLiveInput, "as above, for the columns of the input",
     Live::kFirst},
    {"dense_grad_filter_of_live", MatchDenseGradFilterOfLive, "as above, for the columns of the gradient",
     Live::kSecond},
    {"dense_grad_input_of_live", MatchDenseGradInputOfLive, "as above, for the rows of the gradient", Live::kFirst},
    {"dense", MatchDense, "bias and activation take the sums while they are in registers"},
    {"dense_grad_input", MatchDenseGradInput, "what relu's mask blocks is not computed", Live::kMask},
    {"dense_grad_filter", MatchDenseGradFilter, "the bias's gradient is one more row of the product"},
    {"optimizer", nullptr, "one pass over parameters, gradients and slots, behind everything that reads them"},
    {"generic", nullptr, "what is left: one op with the elementwise ones behind it, or elementwise ops of one shape"},
};

int64_t Bytes(const Graph& graph, ValueId value) {
  const absl::StatusOr<int64_t> bytes = ir::ByteCount(graph.type(value), std::max<int64_t>(graph.batch_size, 1));
  BRINE_CHECK(bytes.ok());  // the verifier looked
  return *bytes;
}

bool Contains(const std::vector<ValueId>& values, ValueId value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// The node reads `input` at the element that it writes.
bool ReadsPointwise(const Graph& graph, const Node& node, ValueId input) {
  return node.op->is_elementwise() && graph.type(input).shape == graph.type(node.outputs[0]).shape;
}

}  // namespace

absl::Span<const Region> AllRegions() { return kRegions; }

const Region* FindRegion(absl::string_view name) {
  const auto row =
      std::find_if(std::begin(kRegions), std::end(kRegions), [&](const Region& region) { return name == region.name; });
  return row == std::end(kRegions) ? nullptr : row;
}

int64_t RegionFlops(const Graph& graph, const Node& kernel, int64_t rows) {
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

ValueId LiveOperand(const Node& kernel) {
  const Region* const region = FindRegion(kernel.region);
  if (region == nullptr || region->live == Live::kNone) return ir::kNoValue;
  for (const Node& node : kernel.body) {
    const bool product = node.op->kind == ir::OpKind::kContraction;
    if (region->live == Live::kOfPool ? node.op == &ir::kMaxPoolGrad
        : region->live == Live::kMask ? node.op == &ir::kReluGrad
                                      : product) {
      return node.inputs[region->live == Live::kSecond || region->live == Live::kMask ? 1 : 0];
    }
  }
  return ir::kNoValue;
}

int64_t RegionBytes(const Graph& graph, const Node& kernel) {
  int64_t bytes = 0;
  for (ValueId input : kernel.inputs) bytes += Bytes(graph, input);
  for (ValueId output : kernel.outputs) bytes += Bytes(graph, output);
  return bytes;
}

int64_t RegionScratch(const Graph& graph, const Node& kernel) {
  std::set<ValueId> stored;
  for (const Node& node : kernel.body) {
    for (const Node& maker : kernel.body) {
      for (ValueId value : maker.outputs) {
        if (maker.op->is_source() || Contains(kernel.outputs, value) || !Contains(node.inputs, value)) continue;
        if (!ReadsPointwise(graph, node, value)) stored.insert(value);
      }
    }
  }
  int64_t bytes = 0;
  for (ValueId value : stored) bytes += (Bytes(graph, value) + 63) / 64 * 64;
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
  return true;
}

}  // namespace brine::passes
