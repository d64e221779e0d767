// The layer Dense.
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
  builder.CheckRegularizer("kernel_regularizer", options.kernel_regularizer);
  builder.CheckRegularizer("bias_regularizer", options.bias_regularizer);
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
  builder.PenalizeWeight("kernel_regularizer", options.kernel_regularizer, kernel);
  Symbol y = builder.Emit(ir::kMatmul, {x, kernel}, {}, !options.use_bias && activation == nullptr);
  const uint32_t last_axis = uint32_t{1} << (shape.size() - 1);
  y.guessed = (x.guessed & (last_axis - 1)) | (units_valid ? 0 : last_axis);
  if (options.use_bias) {
    const Symbol bias = builder.Parameter("bias", {units}, options.bias_initializer, options.trainable);
    builder.PenalizeWeight("bias_regularizer", options.bias_regularizer, bias);
    y = builder.Emit(ir::kAdd, {y, bias}, {}, activation == nullptr);
  }
  return activation == nullptr ? y : activation->lower(builder, y);
}

}  // namespace

Layer Dense(DenseOptions options, Line line) {
  return internal::MakeLayer("Dense", "dense", line, std::move(options), LowerDense);
}

}  // namespace brine
