// The layer BatchNormalization.
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "frontend/layers/layer_builder.h"

namespace brine {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

void CheckEpsilon(double epsilon, LayerBuilder& builder) {
  if (builder.Finite("epsilon", epsilon) && epsilon < 0)
    builder.Mistake(absl::StrCat("epsilon must be at least 0, got ", epsilon));
}

void CheckLastAxis(int64_t axis, const Symbol& x, LayerBuilder& builder) {
  const int rank = builder.type(x).rank();
  if (axis == -1 || axis == rank - 1) return;
  builder.Mistake(absl::StrCat("axis must be the last one, ", rank - 1, " or -1, of ",
                               internal::ShapeText(builder.type(x).shape), ", got ", axis));
}

struct Moments {
  Symbol mean, variance;
};

// The mean of each channel of x, and the mean of its squared deviations from it.  The deviations are computed first and
// then squared, instead of E[x²] − E[x]², which would lose the variance where the mean is large.  The derivative of the
// variance with respect to the mean is −2·Σ (x − mean) / count = 0, so that the gradient need not compute it.
Moments MomentsOfBatch(LayerBuilder& builder, const Symbol& x) {
  const ir::Shape shape = builder.type(x).shape;
  std::vector<int64_t> axes(shape.size() - 1);
  std::iota(axes.begin(), axes.end(), 0);
  double pixels = 1;
  for (size_t axis = 1; axis + 1 < shape.size(); ++axis) pixels *= static_cast<double>(shape[axis]);
  const auto mean_of = [&](const Symbol& summand) {
    Symbol sum = builder.EmitIntermediate(ir::kReduceSum, {summand}, {{"axes", axes}});
    if (pixels != 1) sum = builder.EmitIntermediate(ir::kDiv, {sum, builder.Constant("pixels", pixels)});
    return builder.EmitIntermediate(ir::kDiv, {sum, builder.Rows()});
  };
  const Symbol mean = mean_of(x);
  const Symbol fixed_mean = builder.EmitIntermediate(ir::kStopGradient, {mean});
  const Symbol deviation = builder.EmitIntermediate(ir::kSub, {x, fixed_mean});
  return {mean, mean_of(builder.EmitIntermediate(ir::kMul, {deviation, deviation}))};
}

// moving ← moving + (1 − momentum)·(of_batch − moving)
void UpdateMoving(LayerBuilder& builder, double momentum, const Symbol& moving, const Symbol& of_batch) {
  const Symbol latest = builder.Latest(moving);
  const Symbol difference = builder.EmitIntermediate(ir::kSub, {of_batch, latest});
  const Symbol step = builder.EmitIntermediate(ir::kMul, {difference, builder.Constant("rate", 1 - momentum)});
  builder.Update(moving, builder.EmitIntermediate(ir::kAdd, {latest, step}));
}

// y = (x − mean)·(gamma / √(variance + epsilon)) + beta, so that the only work for each element is a difference, a
// product and a sum.  `gamma` and `beta` may be null.
Symbol Normalize(LayerBuilder& builder, const Symbol& x, const Moments& moments, double epsilon, const Symbol* gamma,
                 const Symbol* beta) {
  const Symbol sum = builder.EmitIntermediate(ir::kAdd, {moments.variance, builder.Constant("epsilon", epsilon)});
  const Symbol deviation = builder.EmitIntermediate(ir::kSqrt, {sum});
  const Symbol scale =
      builder.EmitIntermediate(ir::kDiv, {gamma != nullptr ? *gamma : builder.Constant("one", 1), deviation});
  const Symbol centered = builder.EmitIntermediate(ir::kSub, {x, moments.mean});
  const Symbol scaled = builder.Emit(ir::kMul, {centered, scale}, {}, /*last=*/beta == nullptr);
  return beta == nullptr ? scaled : builder.Emit(ir::kAdd, {scaled, *beta});
}

void CheckBatchNormalization(const BatchNormalizationOptions& options, LayerBuilder& builder) {
  const double momentum = options.momentum.value();
  if (!(momentum >= 0 && momentum <= 1))
    builder.Mistake(absl::StrCat("momentum must be within [0, 1], got ", momentum));
  CheckEpsilon(options.epsilon.value(), builder);
  builder.CheckInitializer("beta_initializer", options.beta_initializer);
  builder.CheckInitializer("gamma_initializer", options.gamma_initializer);
  builder.CheckInitializer("moving_mean_initializer", options.moving_mean_initializer);
  builder.CheckInitializer("moving_variance_initializer", options.moving_variance_initializer);
}

Symbol LowerBatchNormalization(const BatchNormalizationOptions& options, LayerBuilder& builder) {
  CheckBatchNormalization(options, builder);
  const Symbol x = builder.AsReal(builder.input());
  if (!x.known()) return Symbol();
  const ir::Shape& shape = builder.type(x).shape;
  if (shape.size() < 2) {
    builder.Mistake("takes rows with channels (n, …, channels), got " + internal::ShapeText(shape));
    return Symbol();
  }
  CheckLastAxis(options.axis, x, builder);

  const ir::Shape channels = {shape.back()};
  const auto statistic = [&](const char* suffix, const Initializer& initializer) {
    return options.trainable ? builder.Statistic(suffix, channels, initializer)
                             : builder.Parameter(suffix, channels, initializer, /*trainable=*/false);
  };
  Symbol gamma, beta;
  if (options.scale) gamma = builder.Parameter("gamma", channels, options.gamma_initializer, options.trainable);
  if (options.center) beta = builder.Parameter("beta", channels, options.beta_initializer, options.trainable);
  Moments moments = {statistic("moving_mean", options.moving_mean_initializer),
                     statistic("moving_variance", options.moving_variance_initializer)};
  if (options.trainable) {
    const Moments of_batch = MomentsOfBatch(builder, x);
    UpdateMoving(builder, options.momentum.value(), moments.mean, of_batch.mean);
    UpdateMoving(builder, options.momentum.value(), moments.variance, of_batch.variance);
    moments = {builder.EmitIntermediate(ir::kInTrainPhase, {of_batch.mean, moments.mean}),
               builder.EmitIntermediate(ir::kInTrainPhase, {of_batch.variance, moments.variance})};
  }
  Symbol y = Normalize(builder, x, moments, options.epsilon.value(), options.scale ? &gamma : nullptr,
                       options.center ? &beta : nullptr);
  y.guessed = x.guessed;
  return y;
}

}  // namespace

Layer BatchNormalization(BatchNormalizationOptions options, Line line) {
  const std::string name = options.name;
  return internal::MakeLayer(
      "BatchNormalization", "batch_normalization", name, line,
      [options = std::move(options)](LayerBuilder& builder) { return LowerBatchNormalization(options, builder); });
}

}  // namespace brine
