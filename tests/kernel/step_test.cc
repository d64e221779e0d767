// Whole training steps: every kernel of the tutorial CNN against the interpreter, on what the step itself computed before it.
#include <gtest/gtest.h>

#include <map>

#include "codegen/files.h"
#include "codegen/region.h"
#include "ir/op.h"
#include "ir/text.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

constexpr int64_t kRows = 3, kBatchSize = 4;

ir::Graph Planned(const std::string& model) {
  const std::string path = absl::StrCat(BRINE_SOURCE_DIR, "/tests/frontend/golden/", model, ".ir");
  const auto graphs = ir::Parse(ReadFile(path).value(), path);
  EXPECT_TRUE(graphs.ok()) << graphs.status();
  auto graph = passes::Derive(graphs->front(), ir::Function::kTrain, kBatchSize);
  EXPECT_TRUE(graph.ok()) << graph.status();
  const auto changed = passes::RunPipeline(*graph);
  EXPECT_TRUE(changed.ok()) << changed.status();
  return *graph;
}

// Initial weights, host inputs, random pictures and labels.
ir::Tensors<float> Given(const ir::Graph& graph, int64_t rows) {
  ir::Tensors<float> given = ir::InitialStates<float>(graph, 7);
  for (auto& [name, tensor] : ir::HostInputs<float>(graph, 7, 0, rows)) given[name] = tensor;
  std::mt19937 random(1);
  for (const ir::Input& input : graph.inputs) {
    if (input.source != ir::Source::kData && input.source != ir::Source::kLabel) continue;
    ir::Tensor<float> tensor = ir::MakeTensor<float>(graph.type(input.value), rows);
    for (float& element : tensor.real) element = static_cast<float>(random() % 256) / 256;
    for (int64_t& element : tensor.whole) element = static_cast<int64_t>(random() % (input.source == ir::Source::kLabel ? 10 : 256));
    if (input.source == ir::Source::kLabel && tensor.rank() == 2) {
      std::fill(tensor.real.begin(), tensor.real.end(), 0.0f);
      for (int64_t row = 0; row < rows; ++row) tensor.real[static_cast<size_t>(row * tensor.dim(1)) + random() % static_cast<size_t>(tensor.dim(1))] = 1;
    }
    given[graph.value(input.value).name] = tensor;
  }
  return given;
}

// Whole numbers are winners of sums: where two of them are within rounding, float and double may choose differently.
double DifferentShare(const ir::Tensor<float>& a, const ir::Tensor<double>& b) {
  int64_t different = 0;
  for (size_t at = 0; at < a.whole.size(); ++at) different += a.whole[at] != b.whole[at];
  return static_cast<double>(different) / static_cast<double>(std::max<size_t>(1, a.whole.size()));
}

void CompareKernel(const ir::Graph& graph, const ir::Node& node, const ir::Tensors<float>& values) {
  const ir::Graph region = CanonicalRegion(graph, node);
  const std::vector<ir::ValueId> from = KernelArguments(node), to = KernelArguments(region.nodes[0]);
  ir::Tensors<float> given, got;
  for (size_t at = 0; at < from.size(); ++at) {
    const bool input = at < region.nodes[0].inputs.size();
    (input ? given : got)[region.value(to[at]).name] = values.at(graph.value(from[at]).name);
  }
  const auto float_loop = ir::Interpret<float>(region, given, kRows);
  const auto exact = ir::Interpret<double>(region, ToDouble(given), kRows);
  const auto absolute = ir::Interpret<double>(region, ToDouble(given, true), kRows);
  ASSERT_TRUE(float_loop.ok() && exact.ok() && absolute.ok()) << exact.status();
  for (auto& [name, tensor] : got) {
    if (tensor.real.empty()) {
      EXPECT_LE(DifferentShare(tensor, exact->at(name)), 1e-4) << ir::PrintNode(region, region.nodes[0]);
      continue;
    }
    Errors errors;
    AddErrors(name, got, *float_loop, *exact, *absolute, errors);
    EXPECT_LE(errors.Rmse(), errors.Bound()) << name << " of\n" << ir::PrintNode(region, region.nodes[0]);
  }
}

std::string Difference(const ir::Tensors<float>& a, const ir::Tensors<float>& b) {
  for (const auto& [name, tensor] : a) {
    if (tensor.whole != b.at(name).whole) return name;
    if (std::memcmp(tensor.real.data(), b.at(name).real.data(), tensor.real.size() * sizeof(float)) != 0) return name;
  }
  return "";
}

class StepTest : public testing::TestWithParam<const char*> {};

TEST_P(StepTest, EveryKernelAgreesWithTheInterpreter) {
  const ir::Graph graph = Planned(GetParam());
  auto step = BuildStep(graph, TestOptions());
  ASSERT_TRUE(step.ok()) << step.status();
  const ir::Tensors<float> given = Given(graph, kRows);
  auto results = step->Run(given, kRows, 2);
  ASSERT_TRUE(results.ok()) << results.status();
  // What the kernels read: results, and states and inputs as they were before the step.
  ir::Tensors<float> values = *results;
  for (const auto& [name, tensor] : given) values[name] = tensor;
  for (const ir::Node& node : graph.nodes) {
    if (node.is_kernel()) CompareKernel(graph, node, values);
  }
}

TEST_P(StepTest, ThePlannedMemoryAndAnyNumberOfThreadsGiveTheSameBits) {
  const ir::Graph graph = Planned(GetParam());
  BuildOptions options = TestOptions();
  auto apart = BuildStep(graph, options);
  options.use_placements = true;
  auto planned = BuildStep(graph, options);
  ASSERT_TRUE(apart.ok() && planned.ok()) << planned.status();
  const ir::Tensors<float> given = Given(graph, kRows);
  const auto expected = apart->Run(given, kRows, 1);
  ASSERT_TRUE(expected.ok()) << expected.status();
  for (int threads : {1, 2, 3, 4}) {
    const auto got = planned->Run(given, kRows, threads);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(Difference(*expected, *got), "") << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Models, StepTest, testing::Values("cifar10_cnn", "cifar10_dropout_augment"),
                         [](const testing::TestParamInfo<const char*>& info) { return std::string(info.param); });

}  // namespace
}  // namespace brine::codegen
