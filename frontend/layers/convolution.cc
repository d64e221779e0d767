// The layer Conv2D.
#include "absl/strings/str_cat.h"
#include "frontend/layers/activations.h"
#include "frontend/layers/windows.h"

namespace brine {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

// y = activation(conv2d(x, kernel) + bias)
Symbol Lower(const Conv2DOptions& options, LayerBuilder& builder) {
  const bool filters_valid = builder.Positive("filters", options.filters);
  const bool groups_valid = builder.Positive("groups", options.groups);
  const internal::Activation* const activation = internal::CheckActivation(options.activation, builder);
  builder.CheckInitializer("kernel_initializer", options.kernel_initializer);
  builder.CheckInitializer("bias_initializer", options.bias_initializer);
  const internal::Window window = internal::ResolveWindow(builder, builder.input(),
                                                          {.size_name = "kernel_size",
                                                           .size = options.kernel_size,
                                                           .strides = options.strides,
                                                           .dilations = options.dilation_rate,
                                                           .padding = options.padding});
  if (!builder.HasRank(builder.input(), 4, "images (n, height, width, channels)")) return Symbol();

  const Symbol x = builder.AsReal(builder.input());
  const int64_t channels = builder.type(x).shape[3];
  int64_t groups = groups_valid ? options.groups : 1;
  int64_t filters = filters_valid ? options.filters : groups;
  const bool channels_fit = channels % groups == 0;
  if (!channels_fit && !x.Guessed(3))
    builder.Mistake(absl::StrCat("groups ", groups, " must divide the input's channels ", channels));
  if (filters % groups != 0) builder.Mistake(absl::StrCat("groups ", groups, " must divide filters ", filters));
  if (!channels_fit || filters % groups != 0) groups = 1;

  const Symbol kernel = builder.Parameter("kernel", {window.size[0], window.size[1], channels / groups, filters},
                                          options.kernel_initializer, options.trainable);
  Symbol y = builder.Emit(
      ir::kConv2D, {x, kernel},
      {{"pads", window.pads}, {"strides", window.strides}, {"dilations", window.dilations}, {"groups", groups}},
      !options.use_bias && activation == nullptr);
  // Bits of the axes of y, [n, h', w', filters].
  constexpr uint32_t kRowsAndPixels = 0b0111, kPixels = 0b0110, kFilters = 0b1000;
  y.guessed = (x.guessed & kRowsAndPixels) | (window.guessed ? kPixels : 0) | (filters_valid ? 0 : kFilters);
  if (options.use_bias) {
    y = builder.Emit(ir::kAdd, {y, builder.Parameter("bias", {filters}, options.bias_initializer, options.trainable)},
                     {}, activation == nullptr);
  }
  return activation == nullptr ? y : activation->lower(builder, y);
}

}  // namespace

Layer Conv2D(Conv2DOptions options, Line line) {
  const std::string name = options.name;
  return internal::MakeLayer("Conv2D", "conv2d", name, line,
                             [options = std::move(options)](LayerBuilder& builder) { return Lower(options, builder); });
}

}  // namespace brine
