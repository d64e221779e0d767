// Tests where the drawing of a graph has its nodes, and how they are grouped.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>

#include "frontend/cli/html/layered_layout.h"
#include "frontend/cli/html/node_groups.h"
#include "tests/frontend/examples.h"
#include "tests/frontend/graph_of_model.h"
#include "tests/pages/model_views.h"
#include "tests/reference/networks.h"

namespace brine {
namespace {

using cli::GroupedNodes;
using cli::GroupNodes;
using cli::LayeredLayout;
using cli::LayOut;
using cli::LayoutEdge;
using cli::NodeGroup;
using cli::NodePlace;
using cli::Phase;

constexpr double kGap = 10;

// The number of pairs of edges that cross between neighbouring ranks, by comparing each with each.
int Crossings(const LayeredLayout& layout) {
  struct Piece {
    int rank;
    double from, to;
  };
  std::vector<Piece> pieces;
  for (const std::vector<NodePlace>& edge : layout.edges) {
    for (size_t index = 1; index < edge.size(); ++index)
      pieces.push_back({edge[index - 1].rank, edge[index - 1].x, edge[index].x});
  }
  int count = 0;
  for (const Piece& a : pieces) {
    for (const Piece& b : pieces) count += a.rank == b.rank && a.from < b.from && a.to > b.to;
  }
  return count;
}

void ExpectLegal(const LayeredLayout& layout, const std::vector<double>& widths, const std::vector<LayoutEdge>& edges) {
  ASSERT_EQ(layout.nodes.size(), widths.size());
  ASSERT_EQ(layout.edges.size(), edges.size());
  for (size_t index = 0; index < edges.size(); ++index) {
    const std::vector<NodePlace>& places = layout.edges[index];
    const NodePlace& from = layout.nodes[static_cast<size_t>(edges[index].from)];
    const NodePlace& to = layout.nodes[static_cast<size_t>(edges[index].to)];
    EXPECT_LT(from.rank, to.rank);
    EXPECT_EQ(places.front().x, from.x);
    EXPECT_EQ(places.back().x, to.x);
    for (size_t step = 0; step < places.size(); ++step)
      EXPECT_EQ(places[step].rank, from.rank + static_cast<int>(step));
  }
  for (size_t a = 0; a < widths.size(); ++a) {
    EXPECT_GE(layout.nodes[a].x - widths[a] / 2, -1e-6);
    EXPECT_LE(layout.nodes[a].x + widths[a] / 2, layout.width + 1e-6);
    for (size_t b = 0; b < a; ++b) {
      if (layout.nodes[a].rank != layout.nodes[b].rank) continue;
      EXPECT_GE(std::abs(layout.nodes[a].x - layout.nodes[b].x), (widths[a] + widths[b]) / 2 + kGap - 1e-6);
    }
  }
}

TEST(Layout, DrawsSmallGraphsWithoutCrossings) {
  struct Row {
    const char* name;
    size_t nodes;
    std::vector<LayoutEdge> edges;
    std::vector<int> ranks;
  };
  const Row rows[] = {
      {"empty", 0, {}, {}},
      {"one", 1, {}, {0}},
      {"chain", 4, {{0, 1}, {1, 2}, {2, 3}}, {0, 1, 2, 3}},
      {"diamond", 4, {{0, 1}, {0, 2}, {1, 3}, {2, 3}}, {0, 1, 1, 2}},
      {"skip", 4, {{0, 1}, {1, 2}, {2, 3}, {0, 3}}, {0, 1, 2, 3}},
      {"two chains, given crosswise", 6, {{0, 3}, {1, 2}, {2, 5}, {3, 4}}, {0, 0, 1, 1, 2, 2}},
      {"a second input", 4, {{0, 1}, {1, 2}, {3, 2}}, {0, 1, 2, 1}},
      {"nodes in reverse order", 3, {{2, 1}, {1, 0}}, {2, 1, 0}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const std::vector<double> widths(row.nodes, 50);
    const LayeredLayout layout = LayOut(widths, row.edges, kGap);
    ExpectLegal(layout, widths, row.edges);
    EXPECT_EQ(Crossings(layout), 0);
    std::vector<int> ranks;
    for (const NodePlace& node : layout.nodes) ranks.push_back(node.rank);
    EXPECT_EQ(ranks, row.ranks);
  }
}

TEST(Layout, AChainIsAStraightLine) {
  std::vector<LayoutEdge> edges;
  std::vector<double> widths;
  for (int node = 0; node < 60; ++node) {
    widths.push_back(40 + 7 * (node % 5));
    if (node > 0) edges.push_back({node - 1, node});
  }
  const LayeredLayout layout = LayOut(widths, edges, kGap);
  for (const NodePlace& node : layout.nodes) EXPECT_NEAR(node.x, layout.nodes[0].x, 1e-6);
}

TEST(Layout, RandomGraphsAreLegal) {
  std::mt19937 random(3);
  for (int round = 0; round < 50; ++round) {
    const int nodes = 2 + static_cast<int>(random() % 30);
    std::vector<double> widths;
    for (int node = 0; node < nodes; ++node) widths.push_back(20 + random() % 100);
    std::set<std::pair<int, int>> pairs;
    for (unsigned count = random() % 60; count > 0; --count) {
      const int from = static_cast<int>(random() % static_cast<unsigned>(nodes - 1));
      pairs.emplace(from, from + 1 + static_cast<int>(random() % static_cast<unsigned>(nodes - from - 1)));
    }
    std::vector<LayoutEdge> edges;
    for (const auto& [from, to] : pairs) edges.push_back({from, to});
    ExpectLegal(LayOut(widths, edges, kGap), widths, edges);
  }
}

TEST(Groups, AModelHasABoxForEachLayer) {
  const GroupedNodes grouped = GroupNodes(GraphOf(ExampleModel("cifar10_cnn")));
  std::vector<std::string> names;
  for (const NodeGroup& group : grouped.groups) names.push_back(group.name + " " + group.kind);
  EXPECT_THAT(
      names, ::testing::ElementsAre("x input", "rescaling Rescaling", "conv2d Conv2D", "max_pooling2d MaxPooling2D",
                                    "conv2d_1 Conv2D", "max_pooling2d_1 MaxPooling2D", "flatten Flatten", "dense Dense",
                                    "dense_1 Dense", "output output"));
  ASSERT_EQ(grouped.edges.size(), 9u);
  for (size_t index = 0; index < grouped.edges.size(); ++index) {
    EXPECT_EQ(grouped.edges[index].from, static_cast<int>(index));
    EXPECT_EQ(grouped.edges[index].to, static_cast<int>(index) + 1);
  }
}

TEST(Groups, AResidualNetworkIsDrawnWithoutCrossings) {
  const GroupedNodes grouped = GroupNodes(GraphOf(reference::Network("resnet20")));
  const std::vector<double> widths(grouped.groups.size(), 100);
  const LayeredLayout layout = LayOut(widths, grouped.edges, kGap);
  ExpectLegal(layout, widths, grouped.edges);
  EXPECT_EQ(Crossings(layout), 0);
  EXPECT_LT(layout.width, 450) << "no more than a block and the edge around it lie side by side";
}

TEST(Groups, EachNodeIsInOneGroupAndGroupsFormNoCycle) {
  for (const char* name : {"resnet20", "mobilenet", "autoencoder"}) {
    const ir::Graph model = GraphOf(reference::Network(name));
    for (const ir::Stage stage : {ir::Stage::kGraph, ir::Stage::kTrain, ir::Stage::kFused, ir::Stage::kPlanned}) {
      SCOPED_TRACE(std::string(name) + std::string(ir::StageName(stage)));
      const ir::Graph graph = AtStage(model, stage);
      const GroupedNodes grouped = GroupNodes(graph);
      std::vector<int> times(graph.nodes.size(), 0);
      for (const NodeGroup& group : grouped.groups) {
        for (const ir::NodeId node : group.nodes) ++times[ir::Index(node)];
      }
      EXPECT_TRUE(std::all_of(times.begin(), times.end(), [](int count) { return count == 1; }));
      const std::vector<double> widths(grouped.groups.size(), 100);
      const LayeredLayout layout = LayOut(widths, grouped.edges, kGap);  // stops the program if there is a cycle
      for (const LayoutEdge& edge : grouped.edges) {
        EXPECT_LT(layout.nodes[static_cast<size_t>(edge.from)].rank, layout.nodes[static_cast<size_t>(edge.to)].rank);
        const Phase from = grouped.groups[static_cast<size_t>(edge.from)].phase;
        const Phase to = grouped.groups[static_cast<size_t>(edge.to)].phase;
        const bool is_output = grouped.groups[static_cast<size_t>(edge.to)].nodes.empty();
        EXPECT_TRUE(is_output || from <= to) << "the backward pass reads the forward pass, and updates read both";
      }
    }
  }
}

TEST(Groups, GradientsAndUpdatesAreToldApart) {
  const GroupedNodes grouped = GroupNodes(AtStage(GraphOf(ExampleModel("cifar10_cnn")), ir::Stage::kTrain));
  std::set<std::pair<std::string, Phase>> groups;
  for (const NodeGroup& group : grouped.groups) groups.emplace(group.name, group.phase);
  for (const char* layer : {"conv2d", "conv2d_1", "dense", "dense_1"}) {
    for (const Phase phase : {Phase::kForward, Phase::kBackward, Phase::kUpdate})
      EXPECT_EQ(groups.count({layer, phase}), 1u) << layer << static_cast<int>(phase);
  }
}

}  // namespace
}  // namespace brine
