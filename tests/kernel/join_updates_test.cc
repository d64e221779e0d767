// Updates of contiguous tensors as one kernel: what is joined, what is not, and that the states are the same.
#include "codegen/driver/join_updates.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "codegen/driver/region.h"
#include "ir/interpret.h"
#include "ir/op.h"
#include "ir/text/text.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

constexpr int64_t kBatch = 4;

// Two dense layers.  With 3 features and 5 units no tensor fills the 64 bytes between places.
constexpr char kModel[] = R"(graph "net" stage=graph function=model {
  compile optimizer=OPTIMIZER
  loss "output" = "categorical_crossentropy" {from_logits=true} metrics=[]
  input %x : f32[n,3] data
  state %w0 : f32[3,UNITS] parameter uniform(0.5)
  state %b0 : f32[UNITS] parameter constant(0.1)
  state %w1 : f32[UNITS,2] parameter uniform(0.5)
  state %b1 : f32[2] parameter constant(0.0)
  %m0 = matmul(%x, %w0) : f32[n,UNITS]
  %a0 = add(%m0, %b0) : f32[n,UNITS]
  %h = relu(%a0) : f32[n,UNITS]
  %m1 = matmul(%h, %w1) : f32[n,2]
  %a1 = add(%m1, %b1) : f32[n,2]
  output "output" = %a1
})";
constexpr char kAdam[] = R"("adam" {beta_1=0.9, beta_2=0.999, epsilon=1e-07, learning_rate=0.001})";
constexpr char kWithNodesAround[] =
    R"("adamw" {beta_1=0.9, beta_2=0.999, epsilon=1e-07, learning_rate=0.001, use_ema=true, global_clipnorm=0.1})";
constexpr char kSgd[] = R"("sgd" {learning_rate=0.01, momentum=0.0, nesterov=false})";

ir::Graph Planned(const char* optimizer, int units) {
  const std::string text = absl::StrReplaceAll(kModel, {{"OPTIMIZER", optimizer}, {"UNITS", absl::StrCat(units)}});
  const auto graphs = ir::Parse(text, "net.ir");
  EXPECT_TRUE(graphs.ok()) << graphs.status();
  auto graph = passes::Derive(graphs->front(), ir::Function::kTrain, kBatch);
  EXPECT_TRUE(graph.ok()) << graph.status();
  const absl::Status status = passes::RunPipeline(*graph).status();
  EXPECT_TRUE(status.ok()) << status;
  return *graph;
}

std::vector<const ir::Node*> Updates(const ir::Graph& graph) {
  std::vector<const ir::Node*> updates;
  for (const ir::Node& node : graph.nodes) {
    if (node.is_kernel() && node.body[0].op->is_update()) updates.push_back(&node);
  }
  return updates;
}

TEST(JoinUpdates, OneKernelCoversAllParametersWithTheGapsBetweenThem) {
  const ir::Graph joined = JoinUpdates(Planned(kAdam, 5));
  const auto updates = Updates(joined);
  ASSERT_EQ(updates.size(), 1u);
  ASSERT_EQ(updates[0]->body.size(), 1u);
  // 15, 5, 10 and 2 floats, each of them rounded up to 16.
  for (size_t operand = 0; operand < 4; ++operand)
    EXPECT_EQ(ir::ToString(joined.type(updates[0]->inputs[operand])), "f32[64]") << operand;
  const ir::Block blocks[] = {ir::Block::kParameters, ir::Block::kGradients, ir::Block::kSlots, ir::Block::kSlots};
  for (size_t operand = 0; operand < 4; ++operand)
    EXPECT_EQ(joined.value(updates[0]->inputs[operand]).placement->block, blocks[operand]) << operand;
}

TEST(JoinUpdates, NodesAroundUpdatesAreJoinedWithThem) {
  const ir::Graph joined = JoinUpdates(Planned(kWithNodesAround, 5));
  const auto updates = Updates(joined);
  ASSERT_EQ(updates.size(), 1u);
  std::vector<std::string> ops;
  for (const ir::Node& node : updates[0]->body) {
    ops.push_back(node.op->name);
    EXPECT_EQ(ir::ToString(joined.type(node.outputs[0])), "f32[64]");
  }
  EXPECT_EQ(ops, std::vector<std::string>({"adam", "mul", "sub", "sub", "mul", "add"}));
  EXPECT_EQ(updates[0]->outputs.size(), 4u);  // the slots, the parameters and their averages
}

TEST(JoinUpdates, ModelsShareTheKernelsText) {
  const auto text = [](const char* optimizer, int units) {
    const ir::Graph joined = JoinUpdates(Planned(optimizer, units));
    return ir::Print(CanonicalRegion(joined, *Updates(joined)[0]));
  };
  EXPECT_EQ(text(kAdam, 5), text(kAdam, 700));
  EXPECT_NE(text(kAdam, 5), text(kSgd, 5));
}

TEST(JoinUpdates, ATensorThatIsNoNeighbourKeepsAKernelOfItsOwn) {
  ir::Graph planned = Planned(kSgd, 5);
  const ir::ValueId gradient = Updates(planned)[0]->body[1].inputs[1];
  planned.value(gradient).placement->block = ir::Block::kArena;
  const ir::Graph joined = JoinUpdates(planned);
  const auto updates = Updates(joined);
  ASSERT_EQ(updates.size(), 3u);
  EXPECT_EQ(ir::ToString(joined.type(updates[0]->inputs[0])), "f32[16]");
  EXPECT_EQ(ir::ToString(joined.type(updates[1]->inputs[0])), "f32[16]");
  EXPECT_EQ(ir::ToString(joined.type(updates[2]->inputs[0])), "f32[32]");
}

TEST(JoinUpdates, StatesAreTheSameBitsAsWithAKernelForEachTensor) {
  for (const char* optimizer : {kAdam, kWithNodesAround, kSgd}) {
    const ir::Graph planned = Planned(optimizer, 700), joined = JoinUpdates(planned);
    BuildOptions options = TestOptions();
    options.use_placements = true;
    auto apart = BuildStep(planned, options), together = BuildStep(joined, options);
    ASSERT_TRUE(apart.ok() && together.ok()) << apart.status() << together.status();
    ir::Tensors<float> given = ir::HostInputs<float>(planned, 0, 0, kBatch);
    for (auto& [name, tensor] : ir::InitialStates<float>(planned, 0)) given[name] = tensor;
    for (const ir::Input& input : planned.inputs) {
      if (input.source != ir::Source::kData && input.source != ir::Source::kLabel) continue;
      ir::Tensor<float> rows = ir::MakeTensor<float>(planned.type(input.value), kBatch);
      for (size_t row = 0; row < rows.real.size(); ++row) rows.real[row] = row % 2 == 0 ? 1.0f : 0.0f;
      given[planned.value(input.value).name] = rows;
    }
    for (int step = 0; step < 3; ++step) {
      const auto expected = apart->Run(given, kBatch, 1), actual = together->Run(given, kBatch, 2);
      ASSERT_TRUE(expected.ok() && actual.ok()) << expected.status() << actual.status();
      for (const ir::State& state : planned.states) {
        const std::string& name = planned.value(state.value).name;
        EXPECT_EQ(actual->at(name).real, expected->at(name).real) << name;
        EXPECT_NE(actual->at(name).real, given.at(name).real) << name;
        given[name] = expected->at(name);
      }
    }
  }
}

}  // namespace
}  // namespace brine::codegen
