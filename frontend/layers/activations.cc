// The table of activations, and the layers that compute one.
#include "frontend/layers/activations.h"

#include <cmath>
#include <deque>
#include <numbers>
#include <numeric>
#include <vector>

#include "absl/strings/str_cat.h"

namespace brine {
namespace internal {
namespace {

constexpr absl::string_view kLinear = "linear";

template <const ir::Op& op>
Symbol Apply(LayerBuilder& builder, const Symbol& x) {
  return builder.Emit(op, {x});
}

// x·gate
Symbol Gated(LayerBuilder& builder, const Symbol& x, const Symbol& gate) { return builder.Emit(ir::kMul, {x, gate}); }

Symbol Relu6(LayerBuilder& builder, const Symbol& x) {
  return builder.Emit(ir::kClippedRelu, {x, builder.Constant("max_value", 6)});
}

Symbol LeakyRelu(LayerBuilder& builder, const Symbol& x) {
  return builder.Emit(ir::kLeakyRelu, {x, builder.Constant("negative_slope", 0.2)});
}

Symbol Elu(LayerBuilder& builder, const Symbol& x) { return builder.Emit(ir::kElu, {x, builder.Constant("alpha", 1)}); }

Symbol Selu(LayerBuilder& builder, const Symbol& x) {
  const Symbol elu = builder.EmitIntermediate(ir::kElu, {x, builder.Constant("alpha", kSeluAlpha)});
  return builder.Emit(ir::kMul, {elu, builder.Constant("scale", kSeluScale)});
}

// min(max(x / 6 + ½, 0), 1), which is Keras's relu6(x + 3) / 6.
Symbol HardSigmoid(LayerBuilder& builder, const Symbol& x, bool last) {
  const Symbol sixth = builder.EmitIntermediate(ir::kMul, {x, builder.Constant("sixth", 1.0 / 6)});
  const Symbol line = builder.EmitIntermediate(ir::kAdd, {sixth, builder.Constant("half", 0.5)});
  return builder.Emit(ir::kClippedRelu, {line, builder.Constant("one", 1)}, {}, last);
}

Symbol HardSigmoid(LayerBuilder& builder, const Symbol& x) { return HardSigmoid(builder, x, /*last=*/true); }

Symbol HardSilu(LayerBuilder& builder, const Symbol& x) {
  return Gated(builder, x, HardSigmoid(builder, x, /*last=*/false));
}

Symbol Silu(LayerBuilder& builder, const Symbol& x) {
  return Gated(builder, x, builder.EmitIntermediate(ir::kSigmoid, {x}));
}

Symbol Softsign(LayerBuilder& builder, const Symbol& x) {
  const Symbol magnitude = builder.EmitIntermediate(ir::kAbs, {x});
  const Symbol divisor = builder.EmitIntermediate(ir::kAdd, {magnitude, builder.Constant("one", 1)});
  return builder.Emit(ir::kDiv, {x, divisor});
}

// x·Φ(x) with the normal distribution Φ(x) = ½ + ½·erf(x / √2)
Symbol Gelu(LayerBuilder& builder, const Symbol& x) {
  const Symbol half = builder.Constant("half", 0.5);
  const Symbol scaled = builder.EmitIntermediate(ir::kMul, {x, builder.Constant("scale", std::numbers::sqrt2 / 2)});
  const Symbol erf = builder.EmitIntermediate(ir::kErf, {scaled});
  const Symbol share = builder.EmitIntermediate(ir::kMul, {erf, half});
  return Gated(builder, x, builder.EmitIntermediate(ir::kAdd, {share, half}));
}

// x·sigmoid(2u) with u = √(2/π)·(x + 0.044715·x³), since (1 + tanh u) / 2 = sigmoid(2u), which loses no digits where
// tanh u is near −1.
Symbol GeluTanh(LayerBuilder& builder, const Symbol& x) {
  const double factor = 2 * std::sqrt(2 * std::numbers::inv_pi);
  const Symbol square = builder.EmitIntermediate(ir::kMul, {x, x});
  const Symbol cubic = builder.EmitIntermediate(ir::kMul, {square, builder.Constant("cubic", 0.044715 * factor)});
  const Symbol slope = builder.EmitIntermediate(ir::kAdd, {cubic, builder.Constant("linear", factor)});
  const Symbol argument = builder.EmitIntermediate(ir::kMul, {x, slope});
  return Gated(builder, x, builder.EmitIntermediate(ir::kSigmoid, {argument}));
}

Symbol Mish(LayerBuilder& builder, const Symbol& x) {
  const Symbol softplus = builder.EmitIntermediate(ir::kSoftplus, {x});
  return Gated(builder, x, builder.EmitIntermediate(ir::kTanh, {softplus}));
}

// A deque, because the pointers that CheckActivation returns stay valid when a row is added.
std::deque<Activation>& Table() {
  static auto* const table = new std::deque<Activation>{
      {"relu", Apply<ir::kRelu>},
      {"relu6", Relu6},
      {"leaky_relu", LeakyRelu},
      {"elu", Elu},
      {"selu", Selu},
      {"exponential", Apply<ir::kExp>},
      {"sigmoid", Apply<ir::kSigmoid>},
      {"hard_sigmoid", HardSigmoid},
      {"tanh", Apply<ir::kTanh>},
      {"softplus", Apply<ir::kSoftplus>},
      {"softsign", Softsign},
      {"silu", Silu},
      {"swish", Silu},
      {"hard_silu", HardSilu},
      {"hard_swish", HardSilu},
      {"gelu", Gelu},
      {"gelu_tanh", GeluTanh},
      {"mish", Mish},
      {"softmax", Apply<ir::kSoftmax>},
      {"log_softmax", Apply<ir::kLogSoftmax>},
  };
  return *table;
}

Symbol LowerActivation(const std::string& name, LayerBuilder& builder) {
  const Activation* const activation = CheckActivation(name, builder);
  const Symbol x = builder.AsReal(builder.input());
  return activation != nullptr && x.known() ? activation->lower(builder, x) : x;
}

// The value, or 0 after a mistake: it is negative, infinite or NaN.
double NotNegative(const char* argument, const Real& number, LayerBuilder& builder) {
  const double value = number.value();
  if (!builder.Finite(argument, value)) return 0;
  if (value >= 0) return value;
  builder.Mistake(absl::StrCat(argument, " must not be negative, got ", value));
  return 0;
}

// min(x where x > threshold else 0, max_value) − negative_slope·relu(threshold − x)
Symbol EmitThresholdRelu(LayerBuilder& builder, const Symbol& x, double max_value, double slope, double threshold) {
  const Symbol limit = builder.Constant("threshold", threshold);
  const Symbol is_above = builder.EmitIntermediate(ir::kGreater, {x, limit});
  Symbol y = builder.Emit(ir::kSelect, {is_above, x, builder.Constant("zero", 0)}, {},
                          /*last=*/std::isinf(max_value) && slope == 0);
  if (!std::isinf(max_value))
    y = builder.Emit(ir::kMinimum, {y, builder.Constant("max_value", max_value)}, {}, /*last=*/slope == 0);
  if (slope == 0) return y;
  const Symbol below = builder.EmitIntermediate(ir::kSub, {limit, x});
  const Symbol negative = builder.EmitIntermediate(ir::kRelu, {below});
  const Symbol scaled = builder.EmitIntermediate(ir::kMul, {negative, builder.Constant("negative_slope", slope)});
  return builder.Emit(ir::kSub, {y, scaled});
}

Symbol LowerReLU(const ReLUOptions& options, LayerBuilder& builder) {
  const double most = options.max_value.value();
  const double max_value = std::isinf(most) && most > 0 ? most : NotNegative("max_value", options.max_value, builder);
  const double slope = NotNegative("negative_slope", options.negative_slope, builder);
  const double threshold = NotNegative("threshold", options.threshold, builder);
  const Symbol x = builder.AsReal(builder.input());
  if (!x.known()) return x;
  const bool is_unlimited = std::isinf(max_value);
  if (threshold != 0 || (slope != 0 && !is_unlimited))
    return EmitThresholdRelu(builder, x, max_value, slope, threshold);
  if (slope != 0) return builder.Emit(ir::kLeakyRelu, {x, builder.Constant("negative_slope", slope)});
  if (!is_unlimited) return builder.Emit(ir::kClippedRelu, {x, builder.Constant("max_value", max_value)});
  return builder.Emit(ir::kRelu, {x});
}

// An activation with one number as its parameter.
template <const ir::Op& op>
Symbol LowerWithNumber(const char* argument, const Real& number, LayerBuilder& builder) {
  const double value = NotNegative(argument, number, builder);
  const Symbol x = builder.AsReal(builder.input());
  return x.known() ? builder.Emit(op, {x, builder.Constant(argument, value)}) : x;
}

// The shape of alpha for x: that of a row of x with an extent of 1 along shared axes.  Reports axes that x lacks.
ir::Shape ShapeOfAlpha(const std::vector<int64_t>& shared_axes, const Symbol& x, LayerBuilder& builder) {
  const ir::Shape& row = builder.type(x).shape;
  ir::Shape shape(row.begin() + 1, row.end());
  const int64_t last = static_cast<int64_t>(shape.size());
  for (int64_t axis : shared_axes) {
    if (axis >= 1 && axis <= last)
      shape[static_cast<size_t>(axis - 1)] = 1;
    else
      builder.Mistake(absl::StrCat("shared_axes must lie within 1 ... ", last, ", got ", axis));
  }
  return shape;
}

// x where x > 0, else alpha·x
Symbol LowerPReLU(const PReLUOptions& options, LayerBuilder& builder) {
  builder.CheckInitializer("alpha_initializer", options.alpha_initializer);
  builder.CheckRegularizer("alpha_regularizer", options.alpha_regularizer);
  const Symbol x = builder.AsReal(builder.input());
  if (!x.known()) return x;
  const Symbol alpha = builder.Parameter("alpha", ShapeOfAlpha(options.shared_axes, x, builder),
                                         options.alpha_initializer, options.trainable);
  builder.PenalizeWeight("alpha_regularizer", options.alpha_regularizer, alpha);
  Symbol y = builder.Emit(ir::kSelect, {x, x, builder.EmitIntermediate(ir::kMul, {x, alpha})});
  y.guessed = x.guessed;
  return y;
}

// The op reduces the last axis, so another axis changes places with it before and after.
Symbol LowerSoftmax(int64_t axis, LayerBuilder& builder) {
  const Symbol x = builder.AsReal(builder.input());
  if (!x.known()) return x;
  const int last = builder.type(x).rank() - 1, found = builder.FindAxis(axis, x);
  if (found == 0) return x;
  if (found == last) return builder.Emit(ir::kSoftmax, {x});
  std::vector<int64_t> swapped(static_cast<size_t>(last) + 1);
  std::iota(swapped.begin(), swapped.end(), 0);
  std::swap(swapped[static_cast<size_t>(found)], swapped.back());
  const Symbol rows = builder.EmitIntermediate(ir::kTranspose, {x}, {{"permutation", swapped}});
  const Symbol shares = builder.EmitIntermediate(ir::kSoftmax, {rows});
  Symbol y = builder.Emit(ir::kTranspose, {shares}, {{"permutation", swapped}});
  y.guessed = x.guessed;
  return y;
}

}  // namespace

const Activation* CheckActivation(absl::string_view name, LayerBuilder& builder) {
  if (name.empty() || name == kLinear) return nullptr;
  std::vector<absl::string_view> names = {kLinear};
  for (const Activation& activation : Table()) {
    if (activation.name == name) return &activation;
    names.push_back(activation.name);
  }
  builder.Known("activation", name, names);
  return nullptr;
}

void AddActivation(const Activation& activation) { Table().push_back(activation); }

}  // namespace internal

using internal::LayerBuilder;

Layer Activation(std::string activation, Named options, Line line) {
  return internal::MakeLayer("Activation", "activation", std::move(options.name), line,
                             [activation = std::move(activation)](LayerBuilder& builder) {
                               return internal::LowerActivation(activation, builder);
                             });
}

Layer ReLU(ReLUOptions options, Line line) {
  return internal::MakeLayer("ReLU", "re_lu", options.name, line,
                             [options](LayerBuilder& builder) { return internal::LowerReLU(options, builder); });
}

Layer LeakyReLU(LeakyReLUOptions options, Line line) {
  return internal::MakeLayer("LeakyReLU", "leaky_re_lu", options.name, line, [options](LayerBuilder& builder) {
    return internal::LowerWithNumber<ir::kLeakyRelu>("negative_slope", options.negative_slope, builder);
  });
}

Layer ELU(ELUOptions options, Line line) {
  return internal::MakeLayer("ELU", "elu", options.name, line, [options](LayerBuilder& builder) {
    return internal::LowerWithNumber<ir::kElu>("alpha", options.alpha, builder);
  });
}

Layer PReLU(PReLUOptions options, Line line) {
  return internal::MakeLayer("PReLU", "p_re_lu", options.name, line,
                             [options](LayerBuilder& builder) { return internal::LowerPReLU(options, builder); });
}

Layer Softmax(SoftmaxOptions options, Line line) {
  return internal::MakeLayer(
      "Softmax", "softmax", std::move(options.name), line,
      [axis = options.axis](LayerBuilder& builder) { return internal::LowerSoftmax(axis, builder); });
}

Tensor Relu(const Tensor& x, Line line) { return ReLU({}, line)(x); }
Tensor Sigmoid(const Tensor& x, Line line) { return Activation("sigmoid", {}, line)(x); }
Tensor Tanh(const Tensor& x, Line line) { return Activation("tanh", {}, line)(x); }
Tensor Softmax(const Tensor& x, Line line) { return Softmax({}, line)(x); }

}  // namespace brine
