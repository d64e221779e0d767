// A program with its own ops, strategy and passes, with no edit elsewhere: they are printed, fused, chosen, forced and
// run like Brine's.  It is its own worker, so that kernels are compiled by a program that knows them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <set>

#include "codegen/driver/build_step.h"
#include "codegen/halide/conv/direct.h"
#include "codegen/halide/loop/generic.h"
#include "codegen/halide/strategies.h"
#include "codegen/halide/worker.h"
#include "frontend/activations.h"
#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "ir/draw.h"
#include "ir/expression.h"
#include "ir/losses.h"
#include "ir/metrics.h"
#include "ir/ops/elementwise.h"
#include "ir/optimizers.h"
#include "ir/text/text.h"
#include "passes/check_gradients.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "passes/rewrite_rules.h"
#include "tests/kernel/compare.h"

namespace brine {
namespace {

using testing::HasSubstr;

// ---- The op: y = x / (1 + |x|), dx = dy·(1 − |y|)²

using std::abs;

// 1 − |y| = 1 − y·sign(y), with ops that there are: |y| = relu(y) + relu(−y).
ir::ValueId Slope(ir::GradientBuilder& builder, ir::ValueId dy) {
  const ir::ValueId y = builder.output();
  const ir::ValueId size =
      builder.Emit(ir::kAdd, {builder.Emit(ir::kRelu, {y}), builder.Emit(ir::kRelu, {builder.Emit(ir::kNeg, {y})})});
  const ir::ValueId rest = builder.Emit(ir::kSub, {builder.EmitConstant(1), size});
  return builder.Emit(ir::kMul, {dy, builder.Emit(ir::kMul, {rest, rest})});
}

const ir::Op kSoftsign = ir::MakeUnary(
    [](auto x) { return x / (1 + abs(x)); },
    {
        .name = "softsign",
        .doc = "y = x / (1 + |x|), element by element; f32.",
        .gradient = ir::UnaryGradient([](ir::GradientBuilder& builder, ir::ValueId dy) { return Slope(builder, dy); }),
        .cost = 4,
        .monotone = true,
    });

const codegen::Algorithm kSoftsignAlgorithm =
    codegen::UnaryAlgorithm([](const Halide::Expr& x) { return x / (1.0f + Halide::abs(x)); });

internal::Symbol LowerSoftsign(internal::LayerBuilder& builder, const internal::Symbol& x) {
  return builder.Emit(kSoftsign, {x});
}

// An activation may be composed of ops: y = x·sigmoid(x).
internal::Symbol LowerSilu(internal::LayerBuilder& builder, const internal::Symbol& x) {
  return builder.Emit(ir::kMul, {x, builder.Emit(ir::kSigmoid, {x}, {}, /*last=*/false)});
}

// ---- Another op, a reduction of two results, such as a batch normalization takes: the sums of x and of x² over all
// axes but the last

absl::StatusOr<std::vector<ir::Type>> InferPowerSums(const ir::OpTypes& types) {
  return std::vector<ir::Type>(2, {ir::DType::kF32, {types.inputs[0].shape.back()}});
}

template <typename Real>
void InterpretPowerSums(const ir::Evaluation<Real>& evaluation) {
  const std::vector<Real>& x = evaluation.in(0).real;
  const size_t channels = evaluation.out(0).real.size();
  for (size_t index = 0; index < x.size(); ++index) {
    evaluation.out(0).real[index % channels] += x[index];
    evaluation.out(1).real[index % channels] += x[index] * x[index];
  }
}

const ir::Op kPowerSums = {
    .name = "power_sums",
    .doc = "y, z = Σ x, Σ x² over all axes but the last; f32.",
    .operands = {"x"},
    .results = {"y", "z"},
    .attributes = {{"axes", ir::AttributeKind::kInts, "all axes of x but the last"}},
    .infer = InferPowerSums,
    .interpret = InterpretPowerSums<double>,
    .interpret_f32 = InterpretPowerSums<float>,
    .kind = ir::OpKind::kReduction,
    .reduces_axes = true,
};

codegen::Lowered LowerPowerSums(const codegen::LoweringContext& context) {
  const codegen::Tensor& x = context.operands[0];
  Halide::Region region;
  for (int axis = x.type.rank() - 2; axis >= 0; --axis)
    region.push_back({0, context.Extent(x.type.shape[static_cast<size_t>(axis)])});
  const Halide::RDom r(region);
  const Halide::Var c = codegen::Axis(0);
  codegen::Index index;
  for (int axis = r.dimensions() - 1; axis >= 0; --axis) index.push_back(r[axis]);
  index.push_back(c);
  codegen::Lowered lowered;
  for (int power : {1, 2}) {
    Halide::Func sum = codegen::MakeFunc("sum", {c}, {0.0f});
    sum(c) += power == 1 ? x(index) : x(index) * x(index);
    lowered.results.push_back(codegen::MakeFunc("power_sum", {c}, {sum(c)}));
    lowered.accumulators.push_back({sum, r, codegen::Accumulator::Kind::kWindow});
  }
  return lowered;
}
const codegen::Algorithm kPowerSumsAlgorithm = {&LowerPowerSums};

// ---- Contractions of the program's own: a convolution, which has the form of one and so all strategies for it, and a
// product with a form and a strategy of its own

ir::Op Copy(const ir::Op& op, const char* name, const ir::ContractionForm& form) {
  ir::Op copy = op;
  copy.name = name;
  copy.form = &form;
  return copy;
}
const ir::Op& OwnConvolution() {
  static const auto* const op = new ir::Op(Copy(ir::kConv2D, "own_conv2d", ir::kConvolutionForm));
  return *op;
}
constexpr ir::ContractionForm kOwnConvolutionForm = {"formed_conv2d", ir::ContractionForm::Convolution::kForward};
const ir::Op& FormedConvolution() {
  static const auto* const op = new ir::Op(Copy(ir::kConv2D, "formed_conv2d", kOwnConvolutionForm));
  return *op;
}
constexpr ir::ContractionForm kOwnForm = {"own_product"};
const ir::Op& OwnProduct() {
  static const auto* const op = new ir::Op(Copy(ir::kMatmul, "own_product", kOwnForm));
  return *op;
}

// ---- A loss, a metric and an optimizer: the sum of absolute differences, the sum of predictions, and steps that
// shrink with the step's number

ir::ValueId AbsoluteError(ir::QuantityBuilder& builder) {
  const ir::ValueId error = builder.Emit(ir::kSub, {builder.prediction(), builder.label()});
  const ir::ValueId negative = builder.Emit(ir::kNeg, {error});
  return builder.SumOverRows(
      builder.Emit(ir::kAdd, {builder.Emit(ir::kRelu, {error}), builder.Emit(ir::kRelu, {negative})}));
}

ir::ValueId SumOfPredictions(ir::QuantityBuilder& builder) { return builder.SumOverRows(builder.prediction()); }

ir::Expression ShrinkingRate(const ir::ScalarLookup& scalar) {
  return ir::Apply(ir::TermKind::kDiv, {scalar("learning_rate"), ir::StepNumber()});
}

void AddTraining() {
  ir::AddLoss({.name = "absolute_error", .label_kind = ir::LabelKind::kNumbers, .sum = AbsoluteError});
  ir::AddMetric({.name = "mean_prediction", .sum = SumOfPredictions});
  ir::AddOptimizer({"shrinking",
                    {{"learning_rate", 0.5, ir::kPositive}},
                    {{.op = &ir::kSgd, .scalars = {"learning_rate"}, .operands = {{"rate", ShrinkingRate}}}}});
}

// ---- An op that breaks a promise: it says that all of its elements are the first of their row

const ir::Op kLiar = ir::MakeUnary([](auto x) { return x; }, {.name = "liar", .doc = "y = x; f32."});

codegen::Lowered LowerLiar(const codegen::LoweringContext& context) {
  codegen::Index index = codegen::ToIndex(codegen::Axes(context.result_types[0].rank()));
  index.back() = Halide::unsafe_promise_clamped(index.back(), 0, 0);
  return codegen::LowerPure(context, {context.operands[0](index)});
}
const codegen::Algorithm kLiarAlgorithm = {&LowerLiar};

// ---- The strategy: products of matrices for nothing, by the loops that there are

std::string CanNaive(const codegen::KernelSpec& spec, const codegen::Machine&) {
  return spec.side_reductions.empty() ? "" : "it makes another sum beside it";
}
codegen::Work CostNaive(const codegen::KernelSpec&, const codegen::Machine&) { return {}; }
codegen::ScheduledKernel BuildNaive(codegen::KernelBuilder& builder) { return codegen::BuildGeneric(builder); }

// ---- The pass: a·1 stays, but a + a becomes 2·a

void DoubleSum(passes::Rewriter& rewriter) {
  const ir::ValueId a = rewriter.node().inputs[0];
  if (rewriter.node().inputs[1] != a) return;
  const ir::Attributes two = {{"dtype", "f32"}, {"shape", std::vector<int64_t>()}, {"values", std::vector<double>{2}}};
  const ir::ValueId factor = rewriter.Emit(ir::kConstant, {}, two);
  rewriter.ReplaceWith(ir::kMul, {a, factor});
}

absl::StatusOr<bool> DoubleSums(ir::Graph& graph) {
  return passes::ApplyRules(graph, {{"double-sum", "a + a = 2·a", "", &ir::kAdd, DoubleSum}});
}

// ---- Another pass, on kernels: they forget the lines that they come from

absl::StatusOr<bool> ForgetLines(ir::Graph& graph) {
  bool changed = false;
  for (ir::Node& node : graph.nodes) {
    changed |= node.is_kernel() && !node.locations.empty();
    if (node.is_kernel()) node.locations.clear();
  }
  return changed;
}

// ---- What becomes of a model that has them all

Model SmallModel() {
  const Tensor x = Input({12});
  const Tensor h = Dense({.units = 24, .activation = "softsign"})(x);
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
  Model model("composed", x, Dense({.units = 24, .activation = "silu"})(x));
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
  auto graphs = ir::Parse(kText, "batch_normalization.ir");
  ASSERT_TRUE(graphs.ok()) << graphs.status();
  ir::Graph& graph = graphs->front();
  const auto changed = passes::RunPipeline(graph);
  ASSERT_TRUE(changed.ok()) << changed.status();
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
  auto graphs = ir::Parse(kText, "own.ir");
  ASSERT_TRUE(graphs.ok()) << graphs.status();
  ASSERT_TRUE(passes::RunPipeline(graphs->front()).ok());
  for (const char* strategy : {"winograd", "direct", "direct-packed", "generic"})
    EXPECT_THAT(RunAndCompare(graphs->front(), strategy), testing::ElementsAre(strategy));
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
  auto graphs = ir::Parse(kText, "formed.ir");
  ASSERT_TRUE(graphs.ok()) << graphs.status();
  ASSERT_TRUE(passes::RunPipeline(graphs->front()).ok());
  EXPECT_THAT(RunAndCompare(graphs->front(), ""), testing::ElementsAre("direct"));
  EXPECT_THAT(RunAndCompare(graphs->front(), "winograd"), testing::ElementsAre("direct"));
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
  auto graphs = ir::Parse(kText, "own.ir");
  ASSERT_TRUE(graphs.ok()) << graphs.status();
  ASSERT_TRUE(passes::RunPipeline(graphs->front()).ok());
  EXPECT_THAT(RunAndCompare(graphs->front(), ""), testing::ElementsAre("own"));
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
  brine::ir::AddOp(brine::kSoftsign);
  brine::ir::AddOp(brine::kPowerSums);
  brine::ir::AddOp(brine::OwnConvolution());
  brine::ir::AddOp(brine::OwnProduct());
  brine::ir::AddOp(brine::FormedConvolution());
  brine::ir::AddOp(brine::kLiar);
  brine::AddTraining();
  brine::internal::AddActivation({"softsign", brine::LowerSoftsign});
  brine::internal::AddActivation({"silu", brine::LowerSilu});
  brine::codegen::AddAlgorithm(brine::kPowerSums, brine::kPowerSumsAlgorithm);
  brine::codegen::AddAlgorithm(brine::OwnProduct(), brine::codegen::FindAlgorithm(brine::ir::kMatmul));
  brine::codegen::AddAlgorithm(brine::OwnConvolution(), brine::codegen::FindAlgorithm(brine::ir::kConv2D));
  brine::codegen::AddAlgorithm(brine::FormedConvolution(), brine::codegen::FindAlgorithm(brine::ir::kConv2D));
  brine::codegen::AddAlgorithm(brine::kLiar, brine::kLiarAlgorithm);
  brine::codegen::AddAlgorithm(brine::kSoftsign, brine::kSoftsignAlgorithm);
  brine::codegen::AddStrategy(
      {&brine::ir::kMatrixProductForm, "naive", brine::CanNaive, brine::CostNaive, brine::BuildNaive});
  brine::codegen::AddStrategy({&brine::kOwnConvolutionForm, "direct", brine::codegen::CanDirect,
                               brine::codegen::CostDirect, brine::codegen::BuildDirect});
  brine::codegen::AddStrategy({&brine::kOwnForm, "own", brine::CanNaive, brine::CostNaive, brine::BuildNaive});
  brine::passes::AddPass(
      {"double-sums",
       [](brine::ir::Graph& graph, const brine::passes::PipelineOptions&) { return brine::DoubleSums(graph); },
       brine::ir::Stage::kTrain, brine::ir::Stage::kTrain, "before cse: products are easier to merge than sums"},
      "cse");
  brine::passes::AddPass(
      {"forget-lines",
       [](brine::ir::Graph& graph, const brine::passes::PipelineOptions&) { return brine::ForgetLines(graph); },
       brine::ir::Stage::kFused, brine::ir::Stage::kFused, "after fuse, which makes kernels"},
      "plan-memory");
  const bool serves =
      argc > 1 && (std::strcmp(argv[1], "--target") == 0 || std::strcmp(argv[1], "--host-target") == 0 ||
                   std::strcmp(argv[1], "--list-strategies") == 0);
  if (serves) return brine::codegen::WorkerMain(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
