#include "tests/extension/program.h"

#include <cmath>

#include "codegen/halide/conv/direct.h"
#include "codegen/halide/loop/generic.h"
#include "codegen/halide/strategies.h"
#include "frontend/layers/activations.h"
#include "ir/expression.h"
#include "ir/losses.h"
#include "ir/metrics.h"
#include "ir/ops/elementwise.h"
#include "ir/optimizers.h"
#include "passes/pipeline.h"
#include "passes/rewrite_rules.h"

namespace brine {
namespace {

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

}  // namespace

const ir::Op kSoftsign = ir::MakeUnary(
    [](auto x) { return x / (1 + abs(x)); },
    {
        .name = "softsign",
        .doc = "y = x / (1 + |x|), element by element; f32.",
        .gradient = ir::UnaryGradient([](ir::GradientBuilder& builder, ir::ValueId dy) { return Slope(builder, dy); }),
        .cost = 4,
        .monotone = true,
    });

namespace {

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

// ---- A loss, a metric and an optimizer: the absolute differences, the mean prediction, and steps that
// shrink with the step's number

ir::ValueId AbsoluteError(ir::QuantityBuilder& builder) {
  const ir::ValueId error = builder.Emit(ir::kSub, {builder.prediction(), builder.label()});
  const ir::ValueId negative = builder.Emit(ir::kNeg, {error});
  return builder.Emit(ir::kAdd, {builder.Emit(ir::kRelu, {error}), builder.Emit(ir::kRelu, {negative})});
}

ir::ValueId Prediction(ir::QuantityBuilder& builder) { return builder.prediction(); }

ir::Expression ShrinkingRate(const ir::ScalarLookup& scalar) {
  return ir::Apply(ir::TermKind::kDiv, {scalar("learning_rate"), ir::StepNumber()});
}

void AddTraining() {
  ir::AddLoss({.name = "absolute_error", .label_kind = ir::LabelKind::kNumbers, .row = AbsoluteError});
  ir::AddMetric({.name = "mean_prediction", .row = Prediction});
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

}  // namespace

void AddExtensions() {
  ir::AddOp(kSoftsign);
  ir::AddOp(kPowerSums);
  ir::AddOp(OwnConvolution());
  ir::AddOp(OwnProduct());
  ir::AddOp(FormedConvolution());
  ir::AddOp(kLiar);
  AddTraining();
  internal::AddActivation({"own_softsign", LowerSoftsign});
  internal::AddActivation({"own_silu", LowerSilu});
  codegen::AddAlgorithm(kPowerSums, kPowerSumsAlgorithm);
  codegen::AddAlgorithm(OwnProduct(), codegen::FindAlgorithm(ir::kMatmul));
  codegen::AddAlgorithm(OwnConvolution(), codegen::FindAlgorithm(ir::kConv2D));
  codegen::AddAlgorithm(FormedConvolution(), codegen::FindAlgorithm(ir::kConv2D));
  codegen::AddAlgorithm(kLiar, kLiarAlgorithm);
  codegen::AddAlgorithm(kSoftsign, kSoftsignAlgorithm);
  codegen::AddStrategy({&ir::kMatrixProductForm, "naive", CanNaive, CostNaive, BuildNaive});
  codegen::AddStrategy({&kOwnConvolutionForm, "direct", codegen::CanDirect, codegen::CostDirect, codegen::BuildDirect});
  codegen::AddStrategy({&kOwnForm, "own", CanNaive, CostNaive, BuildNaive});
  passes::AddPass({"double-sums", [](ir::Graph& graph, const passes::PipelineOptions&) { return DoubleSums(graph); },
                   ir::Stage::kTrain, ir::Stage::kTrain, "before cse: products are easier to merge than sums"},
                  "cse");
  passes::AddPass({"forget-lines", [](ir::Graph& graph, const passes::PipelineOptions&) { return ForgetLines(graph); },
                   ir::Stage::kFused, ir::Stage::kFused, "after fuse, which makes kernels"},
                  "plan-memory");
}

}  // namespace brine
