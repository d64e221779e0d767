// The layers that add noise in training.
#include <cmath>

#include "absl/strings/str_cat.h"
#include "frontend/layers/activations.h"

namespace brine {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

// The rate, or 0 after a mistake: it is not in [0, 1).
double CheckRate(const Real& rate, LayerBuilder& builder) {
  if (rate.value() >= 0 && rate.value() < 1) return rate.value();
  builder.Mistake(absl::StrCat("rate must be at least 0 and below 1, got ", rate.value()));
  return 0;
}

// 1 with the probability `rate`, else 0, for each element of the shape.
Symbol DrawDropped(LayerBuilder& builder, double rate, const ir::Shape& shape) {
  const Symbol uniform = builder.Draw(ir::kRandomUniform, shape);
  return builder.EmitIntermediate(ir::kGreater, {builder.Scalar("rate", rate), uniform});
}

Symbol LowerDropout(const Real& rate, LayerBuilder& builder) {
  const double checked = CheckRate(rate, builder);
  if (!builder.input().known()) return Symbol();
  const Symbol x = builder.AsReal(builder.input());
  return builder.Emit(ir::kDropout, {x, builder.Scalar("rate", checked), builder.Seed(), builder.Step()},
                      {{"id", builder.RandomId()}});
}

// x·(0 or 1 / (1 − rate)), the same factor for all pixels of a channel
Symbol LowerSpatialDropout(const Real& rate, LayerBuilder& builder) {
  const double checked = CheckRate(rate, builder);
  if (!builder.HasRank(builder.input(), 4, internal::kImages)) return Symbol();
  const Symbol x = builder.AsReal(builder.input());
  const Symbol dropped = DrawDropped(builder, checked, {ir::kBatch, 1, 1, builder.type(x).shape[3]});
  const Symbol factor = builder.EmitIntermediate(
      ir::kSelect, {dropped, builder.Constant("zero", 0), builder.Scalar("scale", 1 / (1 - checked))});
  return builder.InTraining(builder.EmitIntermediate(ir::kMul, {x, factor}), x);
}

// a·(α or x) + b, where α is the limit of selu at −∞.  With a and b as here, a result of mean 0 and variance 1 follows
// from such an x.
Symbol LowerAlphaDropout(const Real& rate, LayerBuilder& builder) {
  const double checked = CheckRate(rate, builder);
  const Symbol x = builder.AsReal(builder.input());
  if (!x.known()) return x;
  const double limit = -internal::kSeluAlpha * internal::kSeluScale;
  const double a = 1 / std::sqrt((1 - checked) * (1 + checked * limit * limit)), b = -a * limit * checked;
  const Symbol dropped = DrawDropped(builder, checked, builder.type(x).shape);
  const Symbol scaled = builder.EmitIntermediate(ir::kMul, {x, builder.Scalar("scale", a)});
  const Symbol kept = builder.EmitIntermediate(ir::kAdd, {scaled, builder.Scalar("offset", b)});
  const Symbol noisy = builder.EmitIntermediate(ir::kSelect, {dropped, builder.Scalar("dropped", a * limit + b), kept});
  return builder.InTraining(noisy, x);
}

// x·(1 + stddev·z) with normal numbers z
Symbol LowerGaussianDropout(const Real& rate, LayerBuilder& builder) {
  const double checked = CheckRate(rate, builder);
  const Symbol x = builder.AsReal(builder.input());
  if (!x.known()) return x;
  const Symbol normal = builder.Draw(ir::kRandomNormal, builder.type(x).shape);
  const Symbol stddev = builder.Scalar("stddev", std::sqrt(checked / (1 - checked)));
  const Symbol noise = builder.EmitIntermediate(ir::kMul, {normal, stddev});
  const Symbol factor = builder.EmitIntermediate(ir::kAdd, {noise, builder.Constant("one", 1)});
  return builder.InTraining(builder.EmitIntermediate(ir::kMul, {x, factor}), x);
}

// x + stddev·z with normal numbers z
Symbol LowerGaussianNoise(const Real& stddev, LayerBuilder& builder) {
  const bool is_valid = builder.Finite("stddev", stddev.value()) && stddev.value() >= 0;
  if (stddev.value() < 0) builder.Mistake(absl::StrCat("stddev must not be negative, got ", stddev.value()));
  const Symbol x = builder.AsReal(builder.input());
  if (!x.known()) return x;
  const Symbol normal = builder.Draw(ir::kRandomNormal, builder.type(x).shape);
  const Symbol noise =
      builder.EmitIntermediate(ir::kMul, {normal, builder.Scalar("stddev", is_valid ? stddev.value() : 0)});
  return builder.InTraining(builder.EmitIntermediate(ir::kAdd, {x, noise}), x);
}

using LowerWithRate = Symbol (*)(const Real& rate, LayerBuilder& builder);

Layer MakeNoise(const char* kind, const char* prefix, LowerWithRate lower, const Real& rate, const Named& options,
                const Line& line) {
  return internal::MakeLayer(kind, prefix, options.name, line,
                             [lower, rate](LayerBuilder& builder) { return lower(rate, builder); });
}

}  // namespace

Layer Dropout(Real rate, Named options, Line line) {
  return MakeNoise("Dropout", "dropout", LowerDropout, rate, options, line);
}
Layer SpatialDropout2D(Real rate, Named options, Line line) {
  return MakeNoise("SpatialDropout2D", "spatial_dropout2d", LowerSpatialDropout, rate, options, line);
}
Layer AlphaDropout(Real rate, Named options, Line line) {
  return MakeNoise("AlphaDropout", "alpha_dropout", LowerAlphaDropout, rate, options, line);
}
Layer GaussianDropout(Real rate, Named options, Line line) {
  return MakeNoise("GaussianDropout", "gaussian_dropout", LowerGaussianDropout, rate, options, line);
}
Layer GaussianNoise(Real stddev, Named options, Line line) {
  return MakeNoise("GaussianNoise", "gaussian_noise", LowerGaussianNoise, stddev, options, line);
}

}  // namespace brine
