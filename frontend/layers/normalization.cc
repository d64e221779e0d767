// The layers that normalize.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "frontend/layers/layer_builder.h"

namespace brine {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

struct Moments {
  Symbol mean, variance;
};

// The moments of x, of whose elements `mean_of` computes means.  The deviations are computed first and then squared,
// instead of E[x²] − E[x]², which would lose the variance where the mean is large.  The derivative of the variance with
// respect to the mean is −2·Σ (x − mean) / count = 0, so that the gradient need not compute it.
Moments MomentsOf(LayerBuilder& builder, const Symbol& x, absl::FunctionRef<Symbol(const Symbol& summand)> mean_of) {
  const Symbol mean = mean_of(x);
  const Symbol fixed_mean = builder.EmitIntermediate(ir::kStopGradient, {mean});
  const Symbol deviation = builder.EmitIntermediate(ir::kSub, {x, fixed_mean});
  return {mean, mean_of(builder.EmitIntermediate(ir::kMul, {deviation, deviation}))};
}

double Product(const ir::Shape& shape, size_t begin, size_t end) {
  double product = 1;
  for (size_t axis = begin; axis < end; ++axis) product *= static_cast<double>(shape[axis]);
  return product;
}

Symbol Divide(LayerBuilder& builder, const Symbol& x, const char* suffix, double number) {
  return number == 1 ? x : builder.EmitIntermediate(ir::kDiv, {x, builder.Constant(suffix, number)});
}

// The sum over all axes but the first and the last, of [n, …, c]: [n, 1, …, 1, c].
Symbol SumOfPixels(LayerBuilder& builder, const Symbol& x) {
  std::vector<int64_t> axes(builder.type(x).shape.size() - 2);
  if (axes.empty()) return x;
  std::iota(axes.begin(), axes.end(), 1);
  return builder.EmitIntermediate(ir::kReduceSum, {x}, {{"axes", axes}, {"keep_dims", true}});
}

// Of each channel, over the batch and all pixels: [c].
Moments MomentsOfBatch(LayerBuilder& builder, const Symbol& x) {
  const ir::Shape shape = builder.type(x).shape;
  std::vector<int64_t> axes(shape.size() - 1);
  std::iota(axes.begin(), axes.end(), 0);
  const double pixels = Product(shape, 1, shape.size() - 1);
  return MomentsOf(builder, x, [&](const Symbol& summand) {
    const Symbol sum = builder.EmitIntermediate(ir::kReduceSum, {summand}, {{"axes", axes}});
    return builder.EmitIntermediate(ir::kDiv, {Divide(builder, sum, "pixels", pixels), builder.Rows()});
  });
}

// Of each row or pixel: [n, …, 1].
Moments MomentsOfRows(LayerBuilder& builder, const Symbol& x) {
  const ir::Shape shape = builder.type(x).shape;
  const ir::Attributes last_axis = {{"axes", std::vector<int64_t>{static_cast<int64_t>(shape.size()) - 1}},
                                    {"keep_dims", true}};
  return MomentsOf(builder, x, [&](const Symbol& summand) {
    const Symbol sum = builder.EmitIntermediate(ir::kReduceSum, {summand}, last_axis);
    return Divide(builder, sum, "channels", static_cast<double>(shape.back()));
  });
}

// Of each group of channels of a sample, for each channel: [n, 1, …, 1, c].  So x keeps its shape, and what follows
// joins the kernel that normalizes.
Moments MomentsOfGroups(LayerBuilder& builder, const Symbol& x, int64_t groups) {
  const ir::Shape shape = builder.type(x).shape;
  const int64_t channels = shape.back(), group = channels / groups;
  ir::Shape of_channels(shape.size(), 1);
  of_channels.front() = shape.front();
  of_channels.back() = channels;
  const double count = Product(shape, 1, shape.size() - 1) * static_cast<double>(group);
  const auto reshape = [&](const Symbol& value, const ir::Shape& to) {
    return builder.EmitIntermediate(ir::kReshape, {value}, {{"shape", to}});
  };
  return MomentsOf(builder, x, [&](const Symbol& summand) {
    const Symbol in_groups = reshape(SumOfPixels(builder, summand), {shape[0], groups, group});
    const Symbol sum =
        builder.EmitIntermediate(ir::kReduceSum, {in_groups}, {{"axes", std::vector<int64_t>{2}}, {"keep_dims", true}});
    const Symbol mean = Divide(builder, sum, "count", count);
    return reshape(builder.EmitIntermediate(ir::kBroadcast, {mean}, {{"shape", ir::Shape{shape[0], groups, group}}}),
                   of_channels);
  });
}

// moving ← moving + (1 − momentum)·(of_batch − moving)
void UpdateMoving(LayerBuilder& builder, double momentum, const Symbol& moving, const Symbol& of_batch) {
  const Symbol latest = builder.Latest(moving);
  const Symbol difference = builder.EmitIntermediate(ir::kSub, {of_batch, latest});
  const Symbol step = builder.EmitIntermediate(ir::kMul, {difference, builder.Constant("rate", 1 - momentum)});
  builder.Update(moving, builder.EmitIntermediate(ir::kAdd, {latest, step}));
}

// The number, or 0 after a mistake: it is not in [0, 1].
double CheckMomentum(double momentum, LayerBuilder& builder) {
  if (momentum >= 0 && momentum <= 1) return momentum;
  builder.Mistake(absl::StrCat("momentum must be within [0, 1], got ", momentum));
  return 0;
}

// The number, or 0 after a mistake: it is negative, or no finite float32 number.
double CheckEpsilon(double epsilon, LayerBuilder& builder) {
  if (!builder.Finite("epsilon", epsilon)) return 0;
  if (epsilon >= 0) return epsilon;
  builder.Mistake(absl::StrCat("epsilon must be at least 0, got ", epsilon));
  return 0;
}

// The weights gamma and beta of a layer.
template <typename Options>
class Affine {
 public:
  // Checks the arguments.
  Affine(const Options& options, LayerBuilder& builder)
      : options_(options), epsilon_(CheckEpsilon(options.epsilon.value(), builder)) {
    builder.CheckInitializer("beta_initializer", options.beta_initializer);
    builder.CheckInitializer("gamma_initializer", options.gamma_initializer);
    builder.CheckRegularizer("beta_regularizer", options.beta_regularizer);
    builder.CheckRegularizer("gamma_regularizer", options.gamma_regularizer);
  }

  void AddWeights(LayerBuilder& builder, const ir::Shape& channels) {
    if (options_.scale) gamma_ = builder.Parameter("gamma", channels, options_.gamma_initializer, options_.trainable);
    if (options_.center) beta_ = builder.Parameter("beta", channels, options_.beta_initializer, options_.trainable);
    builder.PenalizeWeight("gamma_regularizer", options_.gamma_regularizer, gamma_);
    builder.PenalizeWeight("beta_regularizer", options_.beta_regularizer, beta_);
  }

  // y = (x − mean)·(gamma / √(variance + epsilon)) + beta, so that the only work for each element is a difference, a
  // product and a sum.  If the moments vary along other axes than gamma, the order is ((x − mean) / √…)·gamma + beta,
  // since gamma / √… would be as large as x.
  Symbol Normalize(LayerBuilder& builder, const Symbol& x, const Moments& moments, bool varies_along_rows) const {
    const Symbol epsilon = builder.Constant("epsilon", epsilon_);
    const Symbol deviation =
        builder.EmitIntermediate(ir::kSqrt, {builder.EmitIntermediate(ir::kAdd, {moments.variance, epsilon})});
    const bool scales_first = options_.scale && !varies_along_rows;
    const Symbol scale =
        builder.EmitIntermediate(ir::kDiv, {scales_first ? gamma_ : builder.Constant("one", 1), deviation});
    Symbol y = builder.EmitIntermediate(ir::kSub, {x, moments.mean});
    const bool scales_last = options_.scale && varies_along_rows;
    y = builder.Emit(ir::kMul, {y, scale}, {}, /*last=*/!options_.center && !scales_last);
    if (scales_last) y = builder.Emit(ir::kMul, {y, gamma_}, {}, /*last=*/!options_.center);
    if (options_.center) y = builder.Emit(ir::kAdd, {y, beta_});
    y.guessed = x.guessed;
    return y;
  }

 private:
  const Options& options_;
  const double epsilon_;
  Symbol gamma_, beta_;
};

// The layer's input as float32; unknown, after a mistake, if it is not [n, …, channels] with `axis` the last axis.
Symbol InputWithChannels(LayerBuilder& builder, int64_t axis) {
  const Symbol x = builder.AsReal(builder.input());
  if (!x.known()) return Symbol();
  const ir::Shape& shape = builder.type(x).shape;
  if (shape.size() < 2) {
    builder.Mistake("takes rows with channels (n, …, channels), got " + internal::ShapeText(shape));
    return Symbol();
  }
  const int64_t last = static_cast<int64_t>(shape.size()) - 1;
  if (axis != -1 && axis != last)
    builder.Mistake(
        absl::StrCat("axis must be the last one, ", last, " or -1, of ", internal::ShapeText(shape), ", got ", axis));
  return x;
}

Symbol LowerBatchNormalization(const BatchNormalizationOptions& options, LayerBuilder& builder) {
  const double momentum = CheckMomentum(options.momentum.value(), builder);
  Affine affine(options, builder);
  builder.CheckInitializer("moving_mean_initializer", options.moving_mean_initializer);
  builder.CheckInitializer("moving_variance_initializer", options.moving_variance_initializer);
  const Symbol x = InputWithChannels(builder, options.axis);
  if (!x.known()) return Symbol();

  const ir::Shape channels = {builder.type(x).shape.back()};
  affine.AddWeights(builder, channels);
  const bool is_trained = builder.IsTrained(options.trainable);
  const auto statistic = [&](const char* suffix, const Initializer& initializer) {
    return is_trained ? builder.Statistic(suffix, channels, initializer)
                      : builder.Parameter(suffix, channels, initializer, /*trainable=*/false);
  };
  Moments moments = {statistic("moving_mean", options.moving_mean_initializer),
                     statistic("moving_variance", options.moving_variance_initializer)};
  if (is_trained) {
    const Moments of_batch = MomentsOfBatch(builder, x);
    UpdateMoving(builder, momentum, moments.mean, of_batch.mean);
    UpdateMoving(builder, momentum, moments.variance, of_batch.variance);
    moments = {builder.EmitIntermediate(ir::kInTrainPhase, {of_batch.mean, moments.mean}),
               builder.EmitIntermediate(ir::kInTrainPhase, {of_batch.variance, moments.variance})};
  }
  return affine.Normalize(builder, x, moments, /*varies_along_rows=*/false);
}

Symbol LowerLayerNormalization(const LayerNormalizationOptions& options, LayerBuilder& builder) {
  Affine affine(options, builder);
  const Symbol x = InputWithChannels(builder, options.axis);
  if (!x.known()) return Symbol();
  affine.AddWeights(builder, {builder.type(x).shape.back()});
  return affine.Normalize(builder, x, MomentsOfRows(builder, x), /*varies_along_rows=*/true);
}

Symbol LowerGroupNormalization(const GroupNormalizationOptions& options, LayerBuilder& builder) {
  const bool is_valid = options.groups == -1 || builder.Positive("groups", options.groups);
  Affine affine(options, builder);
  const Symbol x = InputWithChannels(builder, options.axis);
  if (!x.known()) return Symbol();
  const ir::Shape& shape = builder.type(x).shape;
  const int64_t channels = shape.back();
  int64_t groups = !is_valid ? 1 : options.groups == -1 ? channels : options.groups;
  if (channels % groups != 0) {
    if (!x.Guessed(static_cast<int>(shape.size()) - 1))
      builder.Mistake(absl::StrCat("groups ", groups, " must divide the input's channels ", channels));
    groups = 1;
  }
  affine.AddWeights(builder, {channels});
  return affine.Normalize(builder, x, MomentsOfGroups(builder, x, groups), /*varies_along_rows=*/false);
}

constexpr double kLeastDeviation = 1e-7;  // keras.backend.epsilon()

// The mean that is given, and the deviation that follows from the given variance: a number each, or one for each
// channel.
struct GivenMoments {
  ir::Shape shape;  // of both: [] or [c]
  std::vector<double> mean, deviation;
};

// Reads the moments from the options.  Returns false after a mistake.
bool CheckMoments(const NormalizationOptions& options, LayerBuilder& builder, GivenMoments& moments) {
  if (options.mean.empty() || options.mean.size() != options.variance.size()) {
    builder.Mistake(absl::StrCat("needs as many numbers for mean as for variance, one or one for each channel, got ",
                                 options.mean.size(), " and ", options.variance.size()));
    return false;
  }
  bool is_valid = true;
  for (const Real& mean : options.mean) {
    is_valid &= builder.Finite("mean", mean.value());
    moments.mean.push_back(mean.value());
  }
  for (const Real& variance : options.variance) {
    const double value = variance.value();
    is_valid &= builder.Finite("variance", value);
    if (value < 0) builder.Mistake(absl::StrCat("variance must be at least 0, got ", value));
    is_valid &= value >= 0;
    moments.deviation.push_back(std::max(std::sqrt(value), kLeastDeviation));
  }
  if (moments.mean.size() > 1) moments.shape = {static_cast<int64_t>(moments.mean.size())};
  return is_valid;
}

// y = (x − mean)·factor, or y = x·factor + mean if the layer inverts.  Both are unknown after a mistake.
struct Scales {
  Symbol mean, factor;
};

Scales GivenScales(const NormalizationOptions& options, LayerBuilder& builder, const Symbol& x) {
  GivenMoments moments;
  const bool is_valid = CheckMoments(options, builder, moments);
  if (!x.known() || !is_valid) return {};
  const ir::Shape& shape = builder.type(x).shape;
  if (!moments.shape.empty() && moments.shape[0] != shape.back()) {
    if (!x.Guessed(static_cast<int>(shape.size()) - 1))
      builder.Mistake(absl::StrCat("has ", moments.mean.size(), " means, but x is ", internal::ShapeText(shape)));
    return {};
  }
  if (!options.invert) {
    for (double& deviation : moments.deviation) deviation = 1 / deviation;
  }
  const auto constant = [&](const std::vector<double>& values) {
    return builder.EmitIntermediate(ir::kConstant, {},
                                    {{"dtype", std::string("f32")}, {"shape", moments.shape}, {"values", values}});
  };
  return {constant(moments.mean), constant(moments.deviation)};
}

// Mean and variance are statistics of the training data.
Scales LearntScales(const NormalizationOptions& options, LayerBuilder& builder, const Symbol& x) {
  if (!x.known()) return {};
  if (!builder.IsDataInput(builder.input())) {
    builder.Mistake(
        "learns mean and variance from the data of an input of the model, which must be what it is called with; "
        "otherwise give it mean and variance");
    return {};
  }
  if (builder.type(x).rank() < 2) {
    builder.Mistake("takes rows with channels (n, …, channels), got " + internal::ShapeText(builder.type(x).shape));
    return {};
  }
  const Symbol mean = builder.DataStatistic("mean", ir::InitializerKind::kDataMean, 0, builder.input());
  const Symbol variance = builder.DataStatistic("variance", ir::InitializerKind::kDataVariance, 1, builder.input());
  const Symbol deviation = builder.EmitIntermediate(
      ir::kMaximum,
      {builder.EmitIntermediate(ir::kSqrt, {variance}), builder.Constant("least_deviation", kLeastDeviation)});
  return {mean,
          options.invert ? deviation : builder.EmitIntermediate(ir::kDiv, {builder.Constant("one", 1), deviation})};
}

Symbol LowerNormalization(const NormalizationOptions& options, LayerBuilder& builder) {
  const Symbol x = builder.AsReal(builder.input());
  const bool learns = options.mean.empty() && options.variance.empty();
  const auto [mean, factor] = learns ? LearntScales(options, builder, x) : GivenScales(options, builder, x);
  if (!mean.known() || !factor.known()) return x;
  Symbol y = options.invert ? builder.Emit(ir::kAdd, {builder.EmitIntermediate(ir::kMul, {x, factor}), mean})
                            : builder.Emit(ir::kMul, {builder.EmitIntermediate(ir::kSub, {x, mean}), factor});
  y.guessed = x.guessed;
  return y;
}

}  // namespace

Layer BatchNormalization(BatchNormalizationOptions options, Line line) {
  return internal::MakeLayer("BatchNormalization", "batch_normalization", line, std::move(options),
                             LowerBatchNormalization);
}
Layer LayerNormalization(LayerNormalizationOptions options, Line line) {
  return internal::MakeLayer("LayerNormalization", "layer_normalization", line, std::move(options),
                             LowerLayerNormalization);
}
Layer GroupNormalization(GroupNormalizationOptions options, Line line) {
  return internal::MakeLayer("GroupNormalization", "group_normalization", line, std::move(options),
                             LowerGroupNormalization);
}
Layer Normalization(NormalizationOptions options, Line line) {
  return internal::MakeLayer("Normalization", "normalization", line, std::move(options), LowerNormalization);
}

}  // namespace brine
