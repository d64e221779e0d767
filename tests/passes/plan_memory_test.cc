// Tests the planner with checks that share no code with it and compare every pair of buffers.
#include "passes/plan_memory.h"

#include <gtest/gtest.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "ir/op.h"
#include "passes/arena.h"
#include "tests/passes/models.h"
#include "tests/passes/pass_test_util.h"

namespace brine::passes {
namespace {

struct Held {
  ir::ValueId value;
  ir::NodeId first, last;
  int64_t begin, end;
  ir::Block block;
};

// The moments at which the bytes of a value are needed, computed from the order of the nodes alone.
std::vector<Held> HeldBy(const ir::Graph& graph) {
  std::vector<Held> held;
  const ir::NodeId end = ir::IdAt<ir::NodeId>(graph.nodes.size());
  for (ir::NodeId moment : graph.node_ids()) {
    const ir::Node& node = graph.node(moment);
    if (!node.is_kernel()) continue;
    for (ir::ValueId output : node.outputs) {
      std::vector<ir::ValueId> names = {output};  // the value and its views
      ir::NodeId last = moment;
      for (ir::NodeId later : graph.node_ids()) {
        if (later <= moment) continue;
        const ir::Node& reader = graph.node(later);
        bool reads = false;
        for (ir::ValueId input : reader.inputs) reads |= std::count(names.begin(), names.end(), input) > 0;
        if (!reads) continue;
        last = later;
        if (!reader.is_kernel()) names.push_back(reader.outputs[0]);
      }
      for (const ir::Output& leaving : graph.outputs)
        last = std::count(names.begin(), names.end(), leaving.value) > 0 ? end : last;
      for (const ir::Update& update : graph.updates) last = update.value == output ? end : last;
      const ir::Placement place = graph.value(output).placement.value();
      const int64_t bytes = ir::ByteCount(graph.type(output), graph.batch_size).value();
      held.push_back({output, moment, last, place.offset, place.offset + bytes, place.block});
    }
  }
  return held;
}

bool IsElementwise(const ir::Node& kernel) {
  return std::all_of(kernel.body.begin(), kernel.body.end(),
                     [](const ir::Node& node) { return node.op->is_elementwise() || node.op->is_source(); });
}

void ExpectNoOverlap(const ir::Graph& graph, const std::string& name) {
  const std::vector<Held> held = HeldBy(graph);
  for (const Held& a : held) {
    EXPECT_EQ(a.begin % 64, 0) << name;
    for (const Held& b : held) {
      if (a.value >= b.value || a.block != b.block || a.begin >= b.end || b.begin >= a.end) continue;
      const Held &older = a.first <= b.first ? a : b, &newer = a.first <= b.first ? b : a;
      if (older.last < newer.first) continue;
      const bool in_place = older.last == newer.first && older.begin == newer.begin && older.end == newer.end &&
                            IsElementwise(graph.node(newer.first));
      EXPECT_TRUE(in_place) << name << ": " << graph.value(a.value).name << " and " << graph.value(b.value).name
                            << " overlap";
    }
  }
}

TEST(PlanMemoryTest, ValuesThatAreAliveDoNotOverlap) {
  int64_t arena = 0, bound = 0;
  for (const NamedModel& model : AllModels()) {
    for (ir::Function function : {ir::Function::kTrain, ir::Function::kEvaluate, ir::Function::kPredict}) {
      for (bool generic_only : {false, true}) {
        ir::Graph graph = DeriveOrDie(model.graph, function, 5);
        PipelineOptions options;
        options.generic_only = generic_only;
        RunOrDie(graph, options);
        ASSERT_EQ(graph.stage, ir::Stage::kPlanned);
        ExpectNoOverlap(graph, model.name);
        const MemoryReport report = ReportMemory(graph);
        EXPECT_GE(report.arena_bytes(), report.arena_bound_bytes) << model.name;
        arena += report.arena_bytes();
        bound += report.arena_bound_bytes;
      }
    }
  }
  std::cout << "arena / bound over all models: " << static_cast<double>(arena) / static_cast<double>(bound) << "\n";
  EXPECT_LE(static_cast<double>(arena), 1.05 * static_cast<double>(bound));
}

// Checkpoints rely on this, and so do steps that evaluate between steps that train.
TEST(PlanMemoryTest, StatesLieAtTheSamePlacesInAllThreeGraphs) {
  for (const NamedModel& model : AllModels()) {
    std::map<std::string, ir::Placement> places;
    for (ir::Function function : {ir::Function::kTrain, ir::Function::kEvaluate, ir::Function::kPredict}) {
      ir::Graph graph = DeriveOrDie(model.graph, function, 5);
      RunOrDie(graph);
      size_t weights = 0;
      for (const ir::State& state : graph.states) {
        if (state.role == ir::Role::kSlot) continue;
        ++weights;
        const ir::Value& value = graph.value(state.value);
        EXPECT_EQ(*value.placement, places.emplace(value.name, *value.placement).first->second)
            << model.name << " " << value.name;
      }
      EXPECT_EQ(weights, places.size());
    }
  }
}

TEST(PlanMemoryTest, GradientsLieAtTheirParametersOffsets) {
  for (const NamedModel& model : SmallModels()) {
    ir::Graph graph = DeriveOrDie(model.graph, ir::Function::kTrain, 5);
    RunOrDie(graph);
    for (const ir::State& state : graph.states) {
      if (state.role != ir::Role::kParameter) continue;
      const ir::ValueId gradient = graph.FindValue(graph.value(state.value).name + ".grad");
      ASSERT_NE(gradient, ir::kNoValue);
      const ir::Placement expected = {ir::Block::kGradients, graph.value(state.value).placement->offset};
      EXPECT_EQ(*graph.value(gradient).placement, expected) << model.name << " " << graph.value(gradient).name;
    }
  }
}

// The lifetimes are like those of networks: most buffers are short-lived, and some live from the forward pass to the
// backward pass.
TEST(PlanMemoryTest, RandomBuffersDoNotOverlapAndNearlyReachTheBound) {
  std::mt19937 random(7);
  double worst = 1, sum = 0;
  constexpr int kSets = 300;
  for (int set = 0; set < kSets; ++set) {
    std::vector<Buffer> buffers(1 + random() % 60);
    const int moments = static_cast<int>(buffers.size());
    for (Buffer& buffer : buffers) {
      buffer.first = static_cast<int>(random()) % moments;
      buffer.first = std::abs(buffer.first);
      buffer.last = random() % 3 != 0 ? std::min(buffer.first + 1 + static_cast<int>(random() % 3), moments)
                                      : std::max(buffer.first, moments - buffer.first);
      buffer.bytes = 64 * static_cast<int64_t>(1 + random() % (random() % 4 == 0 ? 1000 : 50));
    }
    const std::vector<int64_t> offsets = PlaceBuffers(buffers);
    for (size_t a = 0; a < buffers.size(); ++a) {
      ASSERT_GE(offsets[a], 0);
      ASSERT_EQ(offsets[a] % 64, 0);
      for (size_t b = 0; b < a; ++b) {
        const bool together = buffers[a].first <= buffers[b].last && buffers[b].first <= buffers[a].last;
        const bool apart = offsets[a] + buffers[a].bytes <= offsets[b] || offsets[b] + buffers[b].bytes <= offsets[a];
        ASSERT_TRUE(!together || apart) << "set " << set << ", buffers " << a << " and " << b;
      }
    }
    const double ratio = static_cast<double>(ArenaBytes(buffers, offsets)) / static_cast<double>(ArenaBound(buffers));
    ASSERT_GE(ratio, 1);
    worst = std::max(worst, ratio);
    sum += ratio;
  }
  std::cout << "arena / bound of random lifetimes: mean " << sum / kSets << ", worst " << worst << "\n";
  EXPECT_LE(sum / kSets, 1.02);
  EXPECT_LE(worst, 1.25);
}

TEST(PlanMemoryTest, ManyBuffersTakeLittleTime) {
  std::vector<Buffer> buffers;
  for (int moment = 0; moment < 50'000; ++moment) buffers.push_back({moment, moment + 2, 64 * (1 + moment % 7)});
  const std::vector<int64_t> offsets = PlaceBuffers(buffers);
  EXPECT_LE(ArenaBytes(buffers, offsets), 2 * ArenaBound(buffers));
}

}  // namespace
}  // namespace brine::passes
