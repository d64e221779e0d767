// What tests ask of the graph of a model.
#ifndef BRINE_TESTS_FRONTEND_GRAPH_OF_MODEL_H_
#define BRINE_TESTS_FRONTEND_GRAPH_OF_MODEL_H_

#include <string>
#include <utility>

#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "gtest/gtest.h"
#include "ir/text/text.h"
#include "ir/verify/verify.h"

namespace brine {

// The graph; the test fails if there is none or it is not verified.
inline ir::Graph GraphOf(const Model& model) {
  absl::StatusOr<ir::Graph> graph = BuildGraph(model);
  EXPECT_TRUE(graph.ok()) << graph.status();
  if (!graph.ok()) return ir::Graph();
  const absl::Status verified = ir::Verify(*graph);
  EXPECT_TRUE(verified.ok()) << verified;
  return *std::move(graph);
}

// The type of the value with this name.
inline ir::Type TypeOf(const ir::Graph& graph, absl::string_view name) {
  const ir::ValueId value = graph.FindValue(name);
  return value == ir::kNoValue ? ir::Type() : graph.type(value);
}

// The lines of the nodes of a model with one layer, without types and places.
inline std::string NodesOf(const Layer& layer, Shape shape = {4, 4, 2}) {
  Sequential net("m", Input(shape));
  net.Add(layer);
  const ir::Graph graph = GraphOf(net);
  std::string lines;
  for (const ir::Node& node : graph.nodes) {
    const std::string line = ir::PrintNode(graph, node);
    lines += line.substr(0, line.find(" : ")) + "\n";
  }
  return lines;
}

}  // namespace brine

#endif  // BRINE_TESTS_FRONTEND_GRAPH_OF_MODEL_H_
