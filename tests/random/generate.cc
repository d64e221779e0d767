#include "tests/random/generate.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "frontend/graph_of.h"
#include "ir/op.h"
#include "ir/status.h"
#include "tests/random/generator.h"

namespace brine {
namespace {

absl::StatusOr<ir::ValueId> AddOp(ir::Graph& graph, const ir::Op& op, const std::vector<ir::ValueId>& inputs,
                                  const ir::Attributes& attributes = {}) {
  BRINE_ASSIGN_OR_RETURN(const std::vector<ir::ValueId> made, graph.AddNode(op, inputs, attributes, {}, "decorated"));
  return made[0];
}

absl::StatusOr<ir::ValueId> AddConstant(ir::Graph& graph, const ir::Shape& shape, const std::vector<double>& values) {
  return AddOp(graph, ir::kConstant, {}, {{"dtype", "f32"}, {"shape", shape}, {"values", values}});
}

// y = x·σ(x)
absl::StatusOr<ir::ValueId> AddSwish(ir::Graph& graph, ir::ValueId x) {
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId gate, AddOp(graph, ir::kSigmoid, {x}));
  return AddOp(graph, ir::kMul, {x, gate});
}

// y = x / √(x² + 1)
absl::StatusOr<ir::ValueId> AddNormalized(ir::Graph& graph, ir::ValueId x) {
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId square, AddOp(graph, ir::kMul, {x, x}));
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId one, AddConstant(graph, {}, {1}));
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId sum, AddOp(graph, ir::kAdd, {square, one}));
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId root, AddOp(graph, ir::kSqrt, {sum}));
  return AddOp(graph, ir::kDiv, {x, root});
}

// y = x·x, x + x, x + k or x·k.  The constant k has the last axes of x, some of them with extent 1, and equal or
// different elements.
absl::StatusOr<ir::ValueId> AddSumOrProduct(ir::Graph& graph, ir::ValueId x, std::mt19937& random) {
  const bool product = random() % 2 == 0;
  ir::ValueId other = x;
  if (random() % 4 != 0) {
    const ir::Shape& whole = graph.type(x).shape;
    ir::Shape shape(whole.begin() + 1 + random() % whole.size(), whole.end());
    for (ir::Dim& dim : shape) dim = random() % 4 == 0 ? 1 : dim;
    const size_t elements = static_cast<size_t>(ir::ElementCount(shape, 1).value());
    std::vector<double> values(random() % 2 == 0 ? 1 : elements);
    for (double& value : values) value = product ? 0.5 + random() % 4 * 0.25 : random() % 5 * 0.125 - 0.25;
    BRINE_ASSIGN_OR_RETURN(other, AddConstant(graph, shape, values));
  }
  std::vector<ir::ValueId> operands = {x, other};
  if (random() % 2 == 0) std::swap(operands[0], operands[1]);
  return AddOp(graph, product ? ir::kMul : ir::kAdd, operands);
}

absl::StatusOr<ir::ValueId> Decorate(ir::Graph& graph, ir::ValueId x, std::mt19937& random) {
  switch (random() % 4) {
    case 0:
      return AddSwish(graph, x);
    case 1:
      return AddNormalized(graph, x);
    default:
      return AddSumOrProduct(graph, x, random);
  }
}

// Freezes a parameter, and adds a statistic to which each step adds the sum of a value, or of its squares, over rows
// and pixels: s' = s + Σ x or s' = s + Σ x².
absl::Status AddStates(ir::Graph& graph, std::mt19937& random) {
  ir::State& state = graph.states[random() % graph.states.size()];
  if (random() % 2 == 0 && state.role == ir::Role::kParameter) state.role = ir::Role::kFrozen;
  ir::ValueId x = graph.nodes[random() % graph.nodes.size()].outputs[0];
  const ir::Type type = graph.type(x);
  if (type.dtype != ir::DType::kF32 || type.rank() < 2 || type.shape[0] != ir::kBatch) return absl::OkStatus();
  const ir::ValueId s = graph.AddValue("statistic", {ir::DType::kF32, {type.shape.back()}});
  graph.states.push_back({s, ir::Role::kStatistic, {}, {}});
  std::vector<int64_t> axes(static_cast<size_t>(type.rank() - 1));
  std::iota(axes.begin(), axes.end(), 0);
  if (random() % 2 == 0) {
    BRINE_ASSIGN_OR_RETURN(x, AddOp(graph, ir::kMul, {x, x}));
  }
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId sum, AddOp(graph, ir::kReduceSum, {x}, {{"axes", axes}}));
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId next, AddOp(graph, ir::kAdd, {s, sum}));
  graph.updates.push_back({s, next});
  return absl::OkStatus();
}

}  // namespace

Model RandomModel(uint32_t seed) { return Generator(seed).Generate(); }

absl::StatusOr<ir::Graph> RandomGraph(uint32_t seed) {
  BRINE_ASSIGN_OR_RETURN(ir::Graph graph, BuildGraph(RandomModel(seed)));
  // A constant between two layers keeps passes from merging them.  Therefore the graphs of even seeds stay as the
  // layers made them; they also have no states of other kinds.
  if (seed % 2 == 0) return graph;
  std::mt19937 random(seed);
  const std::vector<ir::Node> nodes = std::move(graph.nodes);
  graph.nodes.clear();
  // Layers that take a value for a constant because of a property of their other values, which decorations would break.
  std::set<std::string> undecorated;
  for (const ir::Node& node : nodes) {
    if (node.op == &ir::kStopGradient) undecorated.insert(node.locations[0].layer);
  }
  std::map<ir::ValueId, ir::ValueId> decorated;
  for (ir::Node node : nodes) {
    for (ir::ValueId& input : node.inputs) {
      if (decorated.count(input) != 0) input = decorated.at(input);
    }
    const ir::ValueId made = node.outputs[0];
    const ir::Type type = graph.type(made);
    graph.nodes.push_back(std::move(node));
    const bool leaves = std::any_of(graph.outputs.begin(), graph.outputs.end(),
                                    [&](const ir::Output& output) { return output.value == made; });
    const std::vector<ir::Location> locations = graph.nodes.back().locations;
    const bool fits = (locations.empty() || undecorated.count(locations[0].layer) == 0) &&
                      type.dtype == ir::DType::kF32 && type.rank() >= 2 && type.shape[0] == ir::kBatch && !leaves;
    if (!fits || random() % 4 != 0) continue;
    BRINE_ASSIGN_OR_RETURN(decorated[made], Decorate(graph, made, random));
  }
  BRINE_RETURN_IF_ERROR(AddStates(graph, random));
  return graph;
}

}  // namespace brine
