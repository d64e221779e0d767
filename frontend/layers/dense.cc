// The layer Dense, and the activations as layers and as functions.
#include "frontend/layers/activations.h"

namespace brine {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

// y = activation(matmul(x, kernel) + bias)
Symbol LowerDense(const DenseOptions& options, LayerBuilder& builder) {
  const bool units_valid = builder.Positive("units", options.units);
  const internal::Activation* const activation = internal::CheckActivation(options.activation, builder);
  builder.CheckInitializer("kernel_initializer", options.kernel_initializer);
  builder.CheckInitializer("bias_initializer", options.bias_initializer);
  if (!builder.input().known()) return Symbol();
  const ir::Shape shape = builder.type(builder.input()).shape;
  if (shape.size() < 2) {
    builder.Mistake("takes rows of numbers (n, …, features), got " + internal::ShapeText(shape));
    return Symbol();
  }

  const int64_t units = units_valid ? options.units : 1;
  const Symbol x = builder.AsReal(builder.input());
  const Symbol kernel =
      builder.Parameter("kernel", {shape.back(), units}, options.kernel_initializer, options.trainable);
  Symbol y = builder.Emit(ir::kMatmul, {x, kernel}, {}, !options.use_bias && activation == nullptr);
  const uint32_t last_axis = uint32_t{1} << (shape.size() - 1);
  y.guessed = (x.guessed & (last_axis - 1)) | (units_valid ? 0 : last_axis);
  if (options.use_bias) {
    y = builder.Emit(ir::kAdd, {y, builder.Parameter("bias", {units}, options.bias_initializer, options.trainable)}, {},
                     activation == nullptr);
  }
  return activation == nullptr ? y : activation->lower(builder, y);
}

Symbol LowerActivation(const std::string& name, LayerBuilder& builder) {
  const internal::Activation* const activation = internal::CheckActivation(name, builder);
  const Symbol x = builder.AsReal(builder.input());
  return activation != nullptr && x.known() ? activation->lower(builder, x) : x;
}

Layer MakeActivation(const char* kind, const char* prefix, std::string activation, Named options, const Line& line) {
  return internal::MakeLayer(
      kind, prefix, std::move(options.name), line,
      [activation = std::move(activation)](LayerBuilder& builder) { return LowerActivation(activation, builder); });
}

}  // namespace

Layer Dense(DenseOptions options, Line line) {
  const std::string name = options.name;
  return internal::MakeLayer("Dense", "dense", name, line, [options = std::move(options)](LayerBuilder& builder) {
    return LowerDense(options, builder);
  });
}

Layer Activation(std::string activation, Named options, Line line) {
  return MakeActivation("Activation", "activation", std::move(activation), std::move(options), line);
}
Layer ReLU(Named options, Line line) { return MakeActivation("ReLU", "re_lu", "relu", std::move(options), line); }
Layer Softmax(Named options, Line line) {
  return MakeActivation("Softmax", "softmax", "softmax", std::move(options), line);
}

Tensor Relu(const Tensor& x, Line line) { return ReLU({}, line)(x); }
Tensor Sigmoid(const Tensor& x, Line line) { return Activation("sigmoid", {}, line)(x); }
Tensor Tanh(const Tensor& x, Line line) { return Activation("tanh", {}, line)(x); }
Tensor Softmax(const Tensor& x, Line line) { return Softmax({}, line)(x); }

}  // namespace brine
