// A program with ops, strategies, passes and more of its own (program.h): they are printed, fused, chosen, forced and
// run like Brine's.  It is its own worker, so that kernels are compiled by a program that knows them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "codegen/driver/build_step.h"
#include "codegen/halide/strategies.h"
#include "codegen/halide/worker.h"
#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "ir/draw.h"
#include "ir/text/text.h"
#include "passes/check_gradients.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "tests/extension/program.h"
#include "tests/kernel/compare.h"

namespace brine {
namespace {

using testing::HasSubstr;

// A model that has the activation, the strategy and the passes.
Model SmallModel() {
  const Tensor x = Input({12});
  const Tensor h = Dense({.units = 24, .activation = "own_softsign"})(x);
  const Tensor y = Dense({.units = 3})(h + h);
  Model model("extended", x, y);
  model.Compile({.optimizer = SGD({.learning_rate = 0.1f}), .loss = CategoricalCrossentropy({.from_logits = true})});
  return model;
}

ir::Graph Planned(std::vector<std::string> without = {}) {
  const auto model = BuildGraph(SmallModel());
  EXPECT_TRUE(model.ok()) << model.status();
  auto graph = passes::Derive(*model, ir::Function::kTrain, 8);
  EXPECT_TRUE(graph.ok()) << graph.status();
  passes::PipelineOptions options;
  options.without = std::move(without);
  const auto changed = passes::RunPipeline(*graph, options);
  EXPECT_TRUE(changed.ok()) << changed.status();
  return *graph;
}

// The graph of a text after all passes.
ir::Graph Optimized(const char* text) {
  auto graphs = ir::Parse(text, "text.ir");
  EXPECT_TRUE(graphs.ok()) << graphs.status();
  if (!graphs.ok()) return {};
  const auto changed = passes::RunPipeline(graphs->front());
  EXPECT_TRUE(changed.ok()) << changed.status();
  return graphs->front();
}

codegen::BuildOptions Options() {
  codegen::BuildOptions options;
  options.cache_folder = BRINE_BINARY_DIR "/extension_cache";
  options.worker = "/proc/self/exe";
  return options;
}

TEST(Extension, IsPrintedAndReadBack) {
  const std::string text = ir::Print(Planned());
  EXPECT_THAT(text, HasSubstr("= softsign("));
  const auto again = ir::Parse(text, "text");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ir::Print(again->front()), text);
}

TEST(Extension, IsFusedBehindAProduct) {
  int kernels = 0;
  for (const ir::Node& node : Planned().nodes) {
    const bool has_softsign =
        std::any_of(node.body.begin(), node.body.end(), [](const ir::Node& inner) { return inner.op == &kSoftsign; });
    if (!has_softsign) continue;
    EXPECT_EQ(node.body[0].op, &ir::kMatmul);
    ++kernels;
  }
  EXPECT_EQ(kernels, 1);
}

TEST(Extension, ItsPassRunsAtItsPlace) {
  EXPECT_THAT(ir::Print(Planned()), testing::Not(HasSubstr("add(%dense, %dense)")));
  EXPECT_THAT(ir::Print(Planned({"double-sums"})), HasSubstr("add(%dense, %dense)"));
}

// It takes what fuse leaves and leaves the same, so that plan-memory follows it.
TEST(Extension, ItsPassOfKernelsRunsAtItsPlace) {
  const auto lines = [](const ir::Graph& graph) {
    size_t count = 0;
    for (const ir::Node& node : graph.nodes) count += node.is_kernel() ? node.locations.size() : 0;
    return count;
  };
  const ir::Graph planned = Planned();
  EXPECT_EQ(planned.stage, ir::Stage::kPlanned);
  EXPECT_EQ(lines(planned), 0u);
  EXPECT_GT(lines(Planned({"forget-lines"})), 0u);
}

TEST(Extension, HasTheRightGradient) {
  const auto model = BuildGraph(SmallModel());
  auto graph = passes::Derive(*model, ir::Function::kTrain, 8);
  passes::PipelineOptions options;
  options.only = {"specialize", "add-loss", "autodiff"};
  ASSERT_TRUE(passes::RunPipeline(*graph, options).ok());
  const auto check = passes::CheckGradients(*graph, ir::DrawGiven<double>(*graph, 5, 3, 1), 5, 4);
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_TRUE(check->ok()) << check->where << " is off by " << check->worst;
}

// What `strategy` builds computes what the interpreter does; returns the strategies of its kernels.
std::vector<std::string> RunAndCompare(const ir::Graph& graph, const std::string& strategy) {
  codegen::BuildOptions options = Options();
  if (!strategy.empty()) options.strategy = [&](const ir::Graph&, const ir::Node&) { return strategy; };
  auto step = codegen::BuildStep(graph, options);
  EXPECT_TRUE(step.ok()) << step.status();
  if (!step.ok()) return {};
  codegen::StepComparison comparison(graph);
  for (uint64_t seed = 1; seed <= 16; ++seed) {
    const ir::Tensors<float> given = ir::DrawGiven<float>(graph, 8, 3, seed);
    const auto results = step->Run(given, 8, 2);
    EXPECT_TRUE(results.ok()) << results.status();
    if (!results.ok()) return {};
    EXPECT_TRUE(comparison.Add(given, *results, 8).ok());
  }
  EXPECT_EQ(comparison.FirstFault(), "");
  return step->strategies();
}

TEST(Extension, ItsStrategyIsChosenAndRuns) {
  const std::vector<std::string> strategies = RunAndCompare(Planned(), "");
  EXPECT_THAT(strategies, testing::Contains("naive"));
}

TEST(Extension, OthersMayBeForcedInItsPlace) {
  const std::vector<std::string> strategies = RunAndCompare(Planned(), "generic");
  EXPECT_THAT(strategies, testing::Not(testing::Contains("naive")));
}

TEST(Extension, AnActivationOfSeveralOpsIsFusedBehindAProductAndRuns) {
  const Tensor x = Input({12});
  Model model("composed", x, Dense({.units = 24, .activation = "own_silu"})(x));
  const auto built = BuildGraph(model);
  ASSERT_TRUE(built.ok()) << built.status();
  auto graph = passes::Derive(*built, ir::Function::kPredict, 8);
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_TRUE(passes::RunPipeline(*graph).ok());
  ASSERT_EQ(graph->nodes.size(), 1u);
  EXPECT_EQ(graph->nodes[0].body.size(), 4u);
  EXPECT_THAT(RunAndCompare(*graph, "generic"), testing::ElementsAre("generic"));
}

TEST(Extension, ItsStrategyStandsAmongTheCandidates) {
  const auto facts = codegen::ConsiderStrategies(Planned(), Options());
  ASSERT_TRUE(facts.ok()) << facts.status();
  std::string all;
  for (const codegen::KernelFacts& kernel : *facts) all += codegen::DescribeCandidates(kernel) + "\n";
  EXPECT_THAT(all, HasSubstr("naive 0.0"));
  EXPECT_THAT(all, HasSubstr("naive: it makes another sum beside it"));
}

// What a kernel reduces on the side is any reduction, and every strategy builds it.
TEST(Extension, ItsReductionJoinsTheConvolutionThatItReads) {
  constexpr char kText[] = R"(graph "g" stage=train function=predict batch=8 {
    input %x : f32[n,8,8,16] data
    state %w : f32[3,3,16,16] parameter uniform(0.1)
    state %b : f32[16] parameter constant(0.5)
    %c = conv2d(%x, %w) : f32[n,6,6,16]
    %a = add(%c, %b) : f32[n,6,6,16]
    %y, %z = power_sums(%a) {axes=[0,1,2]} : f32[16], f32[16]
    output "a" = %a
    output "y" = %y
    output "z" = %z
  })";
  const ir::Graph graph = Optimized(kText);
  ASSERT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.nodes[0].outputs.size(), 3u);
  for (const char* strategy : {"winograd", "direct", "direct-packed", "generic"})
    EXPECT_THAT(RunAndCompare(graph, strategy), testing::ElementsAre(strategy));
}

TEST(Extension, ItsConvolutionIsBuiltByTheStrategiesOfItsForm) {
  constexpr char kText[] = R"(graph "g" stage=train function=predict batch=8 {
    input %x : f32[n,8,8,16] data
    state %w : f32[3,3,16,16] parameter uniform(0.1)
    %c = own_conv2d(%x, %w) : f32[n,6,6,16]
    %y = relu(%c) : f32[n,6,6,16]
    output "y" = %y
  })";
  const ir::Graph graph = Optimized(kText);
  for (const char* strategy : {"winograd", "direct", "direct-packed", "generic"})
    EXPECT_THAT(RunAndCompare(graph, strategy), testing::ElementsAre(strategy));
}

// The form says which convolution it is, so a strategy of Brine's reads the problem as it does for its own form.
TEST(Extension, AConvolutionOfAnotherFormHasOnlyTheStrategiesOfThatForm) {
  constexpr char kText[] = R"(graph "g" stage=train function=predict batch=8 {
    input %x : f32[n,8,8,16] data
    state %w : f32[3,3,16,16] parameter uniform(0.1)
    %c = formed_conv2d(%x, %w) : f32[n,6,6,16]
    %y = relu(%c) : f32[n,6,6,16]
    output "y" = %y
  })";
  const ir::Graph graph = Optimized(kText);
  EXPECT_THAT(RunAndCompare(graph, ""), testing::ElementsAre("direct"));
  EXPECT_THAT(RunAndCompare(graph, "winograd"), testing::ElementsAre("direct"));
}

// Fusion asks the form, and the choice of a strategy asks the strategies.
TEST(Strategies, AFormTakesAPoolIfOneOfItsStrategiesDoes) {
  std::set<const ir::ContractionForm*> forms;
  for (const codegen::Strategy& strategy : codegen::AllStrategies()) forms.insert(strategy.form);
  forms.erase(nullptr);
  EXPECT_GE(forms.size(), 6u);
  for (const ir::ContractionForm* form : forms) {
    const absl::Span<const codegen::Strategy> all = codegen::AllStrategies();
    const bool takes_pool = std::any_of(all.begin(), all.end(), [&](const codegen::Strategy& strategy) {
      return strategy.form == form && strategy.pools;
    });
    EXPECT_EQ(form->takes_pool, takes_pool) << form->name;
  }
}

TEST(Extension, ItsFormHasItsOwnStrategy) {
  constexpr char kText[] = R"(graph "g" stage=train function=predict batch=8 {
    input %x : f32[n,16] data
    state %w : f32[16,8] parameter uniform(0.1)
    %z = own_product(%x, %w) : f32[n,8]
    %y = relu(%z) : f32[n,8]
    output "y" = %y
  })";
  const ir::Graph graph = Optimized(kText);
  EXPECT_THAT(RunAndCompare(graph, ""), testing::ElementsAre("own"));
}

TEST(Extension, ItsLossItsMetricAndItsOptimizerTrain) {
  const Tensor x = Input({12});
  Model model("trained", x, Dense({.units = 3})(x));
  model.Compile({.optimizer = "shrinking", .loss = "absolute_error", .metrics = {"mean_prediction"}});
  const auto built = BuildGraph(model);
  ASSERT_TRUE(built.ok()) << built.status();
  auto graph = passes::Derive(*built, ir::Function::kTrain, 8);
  ASSERT_TRUE(graph.ok()) << graph.status();
  const auto changed = passes::RunPipeline(*graph);
  ASSERT_TRUE(changed.ok()) << changed.status();
  const std::string text = ir::Print(*graph);
  EXPECT_THAT(text, HasSubstr("input %rate : f32[] "));
  EXPECT_THAT(text, HasSubstr("expression div(%learning_rate, t)"));
  EXPECT_THAT(text, HasSubstr("output \"mean_prediction\" = %mean_prediction"));
  EXPECT_THAT(RunAndCompare(*graph, ""), testing::Not(testing::IsEmpty()));
}

// Kernels promise Halide bounds that it cannot prove.  With its checks on, as in many tests, a false one is an error.
TEST(Extension, ABrokenPromiseIsFoundByTheChecks) {
  constexpr char kText[] = R"(graph "g" stage=fused function=predict batch=8 {
    input %x : f32[n,4] data
    %y = kernel(%x) <loop> { %y = liar(%x) : f32[n,4] } : f32[n,4]
    output "y" = %y
  })";
  const auto graphs = ir::Parse(kText, "liar.ir");
  ASSERT_TRUE(graphs.ok()) << graphs.status();
  const ir::Graph& graph = graphs->front();
  const ir::Tensors<float> given = ir::DrawGiven<float>(graph, 8, 3, 1);
  codegen::BuildOptions options = Options();
  auto step = codegen::BuildStep(graph, options);
  ASSERT_TRUE(step.ok()) << step.status();
  EXPECT_TRUE(step->Run(given, 8, 1).ok());
  options.asserts = true;
  auto checked = codegen::BuildStep(graph, options);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_THAT(checked->Run(given, 8, 1).status().message(), HasSubstr("unsafe_promise_clamped"));
}

}  // namespace
}  // namespace brine

int main(int argc, char** argv) {
  brine::AddExtensions();
  const bool serves =
      argc > 1 && (std::strcmp(argv[1], "--target") == 0 || std::strcmp(argv[1], "--host-target") == 0 ||
                   std::strcmp(argv[1], "--list-strategies") == 0);
  if (serves) return brine::codegen::WorkerMain(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
