// Tests that the checker finds bugs: bugs that a compiler may have are planted in the graphs of random models, and the
// check that should find each one must do so.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "codegen/driver/cache.h"
#include "codegen/driver/files.h"
#include "frontend/graph_of.h"
#include "ir/lifetimes.h"
#include "ir/op.h"
#include "passes/rewriter.h"
#include "tests/random/check.h"
#include "tests/random/generate.h"

namespace brine {
namespace {

using ir::Graph;
using ir::Node;
using ir::ValueId;
using Ints = std::vector<int64_t>;

constexpr uint32_t kModels = 150;  // enough that some of them have a node at which the bug can be planted

// ---- The bugs, each of which is an edit of the first node or value where it is possible

Node* FindNode(std::vector<Node>& nodes, const ir::Op& op) {
  for (Node& node : nodes) {
    if (node.op == &op) return &node;
    if (Node* const inner = FindNode(node.body, op)) return inner;
  }
  return nullptr;
}

// Makes all readers of `value` read `other`.
void ReadInstead(Graph& graph, ValueId value, ValueId other) {
  passes::Rewrite(graph, [&](passes::Rewriter& rewriter) {
    if (rewriter.Producer(value) == &rewriter.node()) rewriter.Replace(value, other);
  });
}

bool IsGradient(const Graph& graph, ValueId value) { return absl::StrContains(graph.value(value).name, ".grad"); }

bool DropATermOfAGradient(Graph& graph) {
  for (const Node& node : graph.nodes) {
    const bool sum = node.op == &ir::kAdd && IsGradient(graph, node.outputs[0]) &&
                     graph.type(node.inputs[0]) == graph.type(node.outputs[0]);
    if (!sum) continue;
    ReadInstead(graph, node.outputs[0], node.inputs[0]);
    return true;
  }
  return false;
}

bool ForgetTheMaskOfRelu(Graph& graph) {
  const Node* const node = FindNode(graph.nodes, ir::kReluGrad);
  if (node != nullptr) ReadInstead(graph, node->outputs[0], node->inputs[0]);
  return node != nullptr;
}

bool SumOverTheWrongAxis(Graph& graph) {
  for (Node& node : graph.nodes) {
    if (node.op != &ir::kReduceSum || !IsGradient(graph, node.outputs[0]) ||
        node.attributes.Ints("axes") != Ints{0, 1, 2})
      continue;
    const ir::Shape& shape = graph.type(node.inputs[0]).shape;
    if (shape[2] != shape[3]) continue;
    node.attributes.Set("axes", Ints{0, 1, 3});
    return true;
  }
  return false;
}

bool DrawDropoutAnewInTheBackwardPass(Graph& graph) {
  for (Node& node : graph.nodes) {
    if (node.op != &ir::kDropout || !IsGradient(graph, node.inputs[0])) continue;
    node.attributes.Set("id", node.attributes.Int("id") + 1);
    return true;
  }
  return false;
}

bool DivideByTheBatchSize(Graph& graph) {
  const auto divides_by_rows = [&](const Node& other) {
    const ir::Input* const divisor = other.op == &ir::kDiv ? graph.FindInput(other.inputs[1]) : nullptr;
    return divisor != nullptr && divisor->source == ir::Source::kRows;
  };
  const auto node = std::find_if(graph.nodes.begin(), graph.nodes.end(), divides_by_rows);
  if (node == graph.nodes.end()) return false;
  const auto number = [](int64_t value) {
    return ir::Attributes(
        {{"dtype", "f32"}, {"shape", Ints()}, {"values", std::vector<double>{static_cast<double>(value)}}});
  };
  const auto position = node - graph.nodes.begin();
  const ValueId size = graph.AddNode(ir::kConstant, {}, number(graph.batch_size), {}).value()[0];
  std::rotate(graph.nodes.begin(), graph.nodes.end() - 1, graph.nodes.end());
  graph.nodes[static_cast<size_t>(position) + 1].inputs[1] = size;
  return true;
}

bool SwapTheOperandsOfSub(Graph& graph) {
  Node* const node = FindNode(graph.nodes, ir::kSub);
  if (node == nullptr || graph.type(node->inputs[0]) != graph.type(node->inputs[1])) return false;
  std::swap(node->inputs[0], node->inputs[1]);
  return true;
}

// Swaps updates of the optimizer; those of statistics are not its.
bool UpdateTheWrongState(Graph& graph) {
  const auto is_statistic = [&](ir::ValueId state) { return graph.FindState(state)->role == ir::Role::kStatistic; };
  for (ir::Update& a : graph.updates) {
    for (ir::Update& b : graph.updates) {
      if (is_statistic(a.state) || is_statistic(b.state)) continue;
      if (a.state == b.state || graph.type(a.state) != graph.type(b.state)) continue;
      std::swap(a.value, b.value);
      return true;
    }
  }
  return false;
}

bool StepAlongTheLastGradient(Graph& graph) {
  for (const ir::Op* op : {&ir::kMomentum, &ir::kAdam}) {
    Node* const node = FindNode(graph.nodes, *op);
    if (node == nullptr) continue;
    node->inputs[1] = node->inputs[2];  // the slot instead of the gradient
    return true;
  }
  return false;
}

bool LoseTheBiasInAKernel(Graph& graph) {
  for (Node& kernel : graph.nodes) {
    if (kernel.region != "contraction") continue;
    const Node* const sum = FindNode(kernel.body, ir::kAdd);
    if (sum == nullptr || sum->outputs == kernel.outputs) continue;
    for (Node& node : kernel.body)
      std::replace(node.inputs.begin(), node.inputs.end(), sum->outputs[0], sum->inputs[0]);
    return true;
  }
  return false;
}

bool OverlapLifetimes(Graph& graph) {
  const std::vector<ir::Lifetime> lives = ir::FindLifetimes(graph);
  const auto life = [&](ValueId value) -> const ir::Lifetime& { return lives[Index(value)]; };
  const auto in_arena = [&](ValueId value) {
    const auto& place = graph.value(value).placement;
    return life(value).exists && life(value).storage == value && place && place->block == ir::Block::kArena;
  };
  for (ValueId a : graph.value_ids()) {
    for (ValueId b : graph.value_ids()) {
      if (!in_arena(a) || !in_arena(b) || life(a).first >= life(b).first || life(a).last <= life(b).first) continue;
      graph.value(b).placement = graph.value(a).placement;
      return true;
    }
  }
  return false;
}

bool PadOnTheWrongSide(Graph& graph) {
  for (Node& kernel : graph.nodes) {
    for (Node& node : kernel.body) {
      Ints pads = node.op == &ir::kConv2D ? node.attributes.Ints("pads") : Ints(4);
      if (pads[2] == 0) continue;
      ++pads[0], --pads[2];
      node.attributes.Set("pads", pads);
      return true;
    }
  }
  return false;
}

struct Row {
  const char* name;
  const char* after;
  bool (*plant)(Graph& graph);
  Check found_by;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

constexpr Row kPassBugs[] = {
    {"ADivisionByTheBatchSize", "add-loss", DivideByTheBatchSize, Check::kLoss},
    {"ADroppedTermOfAGradient", "autodiff", DropATermOfAGradient, Check::kGradients},
    {"AMissingMaskOfRelu", "autodiff", ForgetTheMaskOfRelu, Check::kGradients},
    {"ASumOverTheWrongAxis", "autodiff", SumOverTheWrongAxis, Check::kGradients},
    {"ADropoutDrawnAnew", "autodiff", DrawDropoutAnewInTheBackwardPass, Check::kGradients},
    {"AnUpdateOfTheWrongState", "add-optimizer", UpdateTheWrongState, Check::kUpdates},
    {"AStaleGradient", "add-optimizer", StepAlongTheLastGradient, Check::kUpdates},
    {"SwappedOperands", "simplify", SwapTheOperandsOfSub, Check::kMeaning},
    {"ALostBiasInAKernel", "fuse", LoseTheBiasInAKernel, Check::kMeaning},
    {"OverlappingLifetimes", "plan-memory", OverlapLifetimes, Check::kVerifier},
};
constexpr Row kStepBugs[] = {
    {"APadOnTheWrongSide", "kernels", PadOnTheWrongSide, Check::kKernels},
    {"OverlappingOffsets", "memory", OverlapLifetimes, Check::kMemory},
};

std::string NameOf(const testing::TestParamInfo<Row>& info) { return info.param.name; }

Graph ModelOf(uint32_t seed) { return BuildGraph(RandomModel(seed)).value(); }

// ---- Bugs of passes

class PassBugs : public testing::TestWithParam<Row> {};

// A model may hide a bug, such as a wrong mask if no element is negative, but most models do not.
TEST_P(PassBugs, AreFound) {
  const Row& row = GetParam();
  int planted = 0, found = 0;
  for (uint32_t seed = 1; seed <= kModels; ++seed) {
    const Bug bug = {row.after, [&](Graph& graph) {
                       const bool placed = row.plant(graph);
                       planted += placed;
                       return placed;
                     }};
    Graph planned;
    const std::optional<Fault> fault = CheckPasses(ModelOf(seed), planned, bug);
    if (!fault.has_value()) continue;
    ++found;
    EXPECT_STREQ(Name(fault->check), Name(row.found_by)) << "model " << seed << ": " << fault->what;
  }
  EXPECT_GE(planted, 2);
  EXPECT_GE(found * 2, planted) << found << " of " << planted;
}

INSTANTIATE_TEST_SUITE_P(Planted, PassBugs, testing::ValuesIn(kPassBugs), NameOf);

// ---- Bugs of compiled steps

// The first model in which the bug can be planted.
std::optional<Graph> FirstModelFor(bool (*plant)(Graph& graph)) {
  for (uint32_t seed = 1; seed <= kModels; ++seed) {
    const Graph model = ModelOf(seed);
    Graph planned;
    if (!CheckPasses(model, planned).has_value() && plant(planned)) return model;
  }
  return std::nullopt;
}

class StepBugs : public testing::TestWithParam<Row> {};

TEST_P(StepBugs, AreFound) {
  const Row& row = GetParam();
  const std::optional<Graph> model = FirstModelFor(row.plant);
  ASSERT_TRUE(model.has_value());
  const std::optional<Fault> fault = CheckStep(*model, {.name = "default"}, {row.after, row.plant});
  ASSERT_TRUE(fault.has_value());
  EXPECT_STREQ(Name(fault->check), Name(row.found_by)) << fault->what;
}

INSTANTIATE_TEST_SUITE_P(Planted, StepBugs, testing::ValuesIn(kStepBugs), NameOf);

// A cache whose keys lack the pads returns one kernel for another that differs from it in the pads only.
TEST(CacheBugs, AKeyThatForgetsAFieldIsFound) {
  const std::optional<Graph> model = FirstModelFor(PadOnTheWrongSide);
  ASSERT_TRUE(model.has_value());
  const auto folder = codegen::TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok());
  StepOptions options = {.name = "default", .cache_folder = folder->path() + "/cache"};
  EXPECT_FALSE(CheckStep(*model, options).has_value());

  // First the keys of the cache are read.  Then the wrong kernel is added under each key that differs from its own in
  // the pads only.
  const auto keys = [&] {
    std::set<std::string> result;
    for (const auto& item : std::filesystem::directory_iterator(options.cache_folder)) {
      const std::string entry = codegen::ReadFile(item.path().string()).value();
      uint64_t bytes = 0;
      std::memcpy(&bytes, entry.data() + 8, sizeof(bytes));  // after the magic; the header is five words
      result.insert(entry.substr(40, bytes));
    }
    return result;
  };
  const std::set<std::string> right = keys();
  ASSERT_TRUE(CheckStep(*model, options, {"kernels", PadOnTheWrongSide}).has_value());
  const codegen::Cache cache = codegen::Cache::Open(options.cache_folder).value();
  const auto without_pads = [](const std::string& key) {
    const size_t pads = key.find("pads=[");
    return pads == std::string::npos ? key : key.substr(0, pads) + key.substr(key.find(']', pads));
  };
  int forgotten = 0;
  for (const std::string& wrong : keys()) {
    for (const std::string& key : right) {
      if (right.count(wrong) != 0 || without_pads(key) != without_pads(wrong)) continue;
      const std::string payload = cache.Get(wrong).value();
      ASSERT_TRUE(
          cache.Put(key, absl::StrReplaceAll(payload, {{codegen::HashName(wrong), codegen::HashName(key)}})).ok());
      ++forgotten;
    }
  }
  ASSERT_EQ(forgotten, 1);
  const std::optional<Fault> fault = CheckStep(*model, options);
  ASSERT_TRUE(fault.has_value());
  EXPECT_STREQ(Name(fault->check), Name(Check::kKernels)) << fault->what;
}

}  // namespace
}  // namespace brine
