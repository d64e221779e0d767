// The convolutions.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "frontend/layers/activations.h"
#include "frontend/layers/sequences.h"
#include "frontend/layers/windows.h"

namespace brine {
namespace {

using internal::Activation;
using internal::kPixels;
using internal::LayerBuilder;
using internal::Symbol;
using internal::Window;

// Bits of the axes of an image [n, h, w, c].
constexpr uint32_t kRowsAndPixels = 0b0111, kChannels = 0b1000;

// What the convolutions have in common: activation(… + bias).
template <typename Options>
class Epilogue {
 public:
  // Checks the arguments.
  Epilogue(const Options& options, LayerBuilder& builder)
      : options_(options), activation_(internal::CheckActivation(options.activation, builder)) {
    builder.CheckInitializer("bias_initializer", options.bias_initializer);
    builder.CheckRegularizer("bias_regularizer", options.bias_regularizer);
  }

  bool empty() const { return !options_.use_bias && activation_ == nullptr; }

  // Adds the bias and the activation to the sums y [n, h, w, filters].
  Symbol Lower(Symbol y, LayerBuilder& builder) const {
    if (!y.known()) return Symbol();
    if (options_.use_bias) {
      const ir::Shape filters = {builder.type(y).shape[3]};
      const Symbol bias = builder.Parameter("bias", filters, options_.bias_initializer, options_.trainable);
      builder.PenalizeWeight("bias_regularizer", options_.bias_regularizer, bias);
      const uint32_t guessed = y.guessed;
      y = builder.Emit(ir::kAdd, {y, bias}, {}, /*last=*/activation_ == nullptr);
      y.guessed = guessed;
    }
    return activation_ == nullptr ? y : activation_->lower(builder, y);
  }

 private:
  const Options& options_;
  const Activation* const activation_;
};

ir::Attributes AttributesOf(const Window& window, int64_t groups) {
  return {{"pads", window.pads}, {"strides", window.strides}, {"dilations", window.dilations}, {"groups", groups}};
}

// The sums of a convolution of x.  Their channels are not guessed.
Symbol Convolve(LayerBuilder& builder, const Symbol& x, const Symbol& kernel, const Window& window, int64_t groups,
                bool last) {
  Symbol y = builder.Emit(ir::kConv2D, {x, kernel}, AttributesOf(window, groups), last);
  y.guessed = (x.guessed & kRowsAndPixels) | (window.guessed ? kPixels : 0);
  return y;
}

// The numbers of groups and filters of a Conv2D or Conv1D of x, checked.
struct Filters {
  int64_t count, groups;
  bool guessed;
};
template <typename Options>
Filters CheckFilters(const Options& options, LayerBuilder& builder) {
  const bool filters_valid = builder.Positive("filters", options.filters);
  const bool groups_valid = builder.Positive("groups", options.groups);
  const int64_t groups = groups_valid ? options.groups : 1;
  return {filters_valid ? options.filters : groups, groups, !filters_valid};
}
void CheckGroups(Filters& filters, const Symbol& x, int64_t channels, LayerBuilder& builder) {
  const int64_t groups = filters.groups;
  const bool channels_fit = channels % groups == 0, filters_fit = filters.count % groups == 0;
  if (!channels_fit && !x.Guessed(builder.type(x).rank() - 1))
    builder.Mistake(absl::StrCat("groups ", groups, " must divide the input's channels ", channels));
  if (!filters_fit) builder.Mistake(absl::StrCat("groups ", groups, " must divide filters ", filters.count));
  if (!channels_fit || !filters_fit) filters.groups = 1;
}

// y = activation(conv2d(x, kernel) + bias)
Symbol LowerConv2D(const Conv2DOptions& options, LayerBuilder& builder) {
  Filters filters = CheckFilters(options, builder);
  builder.CheckInitializer("kernel_initializer", options.kernel_initializer);
  builder.CheckRegularizer("kernel_regularizer", options.kernel_regularizer);
  const Epilogue epilogue(options, builder);
  const Window window = internal::ResolveWindow(builder, builder.input(),
                                                {.size_name = "kernel_size",
                                                 .size = options.kernel_size,
                                                 .strides = options.strides,
                                                 .dilations = options.dilation_rate,
                                                 .padding = options.padding});
  if (!builder.HasRank(builder.input(), 4, internal::kImages)) return Symbol();
  const Symbol x = builder.AsReal(builder.input());
  const int64_t channels = builder.type(x).shape[3];
  CheckGroups(filters, x, channels, builder);
  const Symbol kernel =
      builder.Parameter("kernel", {window.size[0], window.size[1], channels / filters.groups, filters.count},
                        options.kernel_initializer, options.trainable);
  builder.PenalizeWeight("kernel_regularizer", options.kernel_regularizer, kernel);
  Symbol y = Convolve(builder, x, kernel, window, filters.groups, epilogue.empty());
  if (filters.guessed) y.guessed |= kChannels;
  return epilogue.Lower(y, builder);
}

// The same on x as images with one row.
Symbol LowerConv1D(const Conv1DOptions& options, LayerBuilder& builder) {
  Filters filters = CheckFilters(options, builder);
  builder.CheckInitializer("kernel_initializer", options.kernel_initializer);
  builder.CheckRegularizer("kernel_regularizer", options.kernel_regularizer);
  const Epilogue epilogue(options, builder);
  const Symbol images = internal::AsImages(builder);
  const Window window = internal::ResolveWindow(builder, images,
                                                {.size_name = "kernel_size",
                                                 .size = {1, options.kernel_size},
                                                 .strides = {1, options.strides},
                                                 .dilations = {1, options.dilation_rate},
                                                 .padding = options.padding,
                                                 .axes = internal::kSequenceAxes,
                                                 .may_be_causal = true});
  if (!builder.HasRank(builder.input(), 3, internal::kSequences)) return Symbol();
  const Symbol x = builder.AsReal(images);
  const int64_t channels = builder.type(x).shape[3];
  CheckGroups(filters, x, channels, builder);
  const int64_t taps = window.size[1], depth = channels / filters.groups;
  const Symbol kernel =
      builder.Parameter("kernel", {taps, depth, filters.count}, options.kernel_initializer, options.trainable);
  builder.PenalizeWeight("kernel_regularizer", options.kernel_regularizer, kernel);
  return internal::AsSequences(builder, [&] {
    const Symbol as_image = builder.Emit(ir::kReshape, {kernel}, {{"shape", ir::Shape{1, taps, depth, filters.count}}});
    Symbol y = Convolve(builder, x, as_image, window, filters.groups, epilogue.empty());
    if (filters.guessed) y.guessed |= kChannels;
    return epilogue.Lower(y, builder);
  });
}

// The sums of a depthwise convolution of x.  The kernel [kh, kw, c, m] has the bytes of that of a convolution with c
// groups, [kh, kw, 1, c·m].
template <typename Options>
Symbol ConvolveDepthwise(LayerBuilder& builder, const Symbol& x, const char* suffix, const Options& options,
                         int64_t multiplier, const Window& window, bool last) {
  const int64_t channels = builder.type(x).shape[3];
  const Symbol kernel = builder.Parameter(suffix, {window.size[0], window.size[1], channels, multiplier},
                                          options.depthwise_initializer, options.trainable);
  if (!kernel.known()) return Symbol();
  builder.PenalizeWeight("depthwise_regularizer", options.depthwise_regularizer, kernel);
  const ir::Shape grouped = {window.size[0], window.size[1], 1, channels * multiplier};
  Symbol y = Convolve(builder, x, builder.EmitIntermediate(ir::kReshape, {kernel}, {{"shape", grouped}}), window,
                      channels, last);
  y.guessed |= x.guessed & kChannels;
  return y;
}

// y = activation(conv2d(x, kernel) with c groups + bias)
Symbol LowerDepthwiseConv2D(const DepthwiseConv2DOptions& options, LayerBuilder& builder) {
  const bool is_valid = builder.Positive("depth_multiplier", options.depth_multiplier);
  builder.CheckInitializer("depthwise_initializer", options.depthwise_initializer);
  builder.CheckRegularizer("depthwise_regularizer", options.depthwise_regularizer);
  const Epilogue epilogue(options, builder);
  const Window window = internal::ResolveWindow(builder, builder.input(),
                                                {.size_name = "kernel_size",
                                                 .size = options.kernel_size,
                                                 .strides = options.strides,
                                                 .dilations = options.dilation_rate,
                                                 .padding = options.padding});
  if (!builder.HasRank(builder.input(), 4, internal::kImages)) return Symbol();
  Symbol y = ConvolveDepthwise(builder, builder.AsReal(builder.input()), "kernel", options,
                               is_valid ? options.depth_multiplier : 1, window, epilogue.empty());
  if (!is_valid) y.guessed |= kChannels;
  return epilogue.Lower(y, builder);
}

// y = activation(conv2d(conv2d(x, depthwise_kernel) with c groups, pointwise_kernel) + bias)
Symbol LowerSeparableConv2D(const SeparableConv2DOptions& options, LayerBuilder& builder) {
  const bool is_valid = builder.Positive("depth_multiplier", options.depth_multiplier);
  const bool filters_valid = builder.Positive("filters", options.filters);
  builder.CheckInitializer("depthwise_initializer", options.depthwise_initializer);
  builder.CheckRegularizer("depthwise_regularizer", options.depthwise_regularizer);
  builder.CheckInitializer("pointwise_initializer", options.pointwise_initializer);
  builder.CheckRegularizer("pointwise_regularizer", options.pointwise_regularizer);
  const Epilogue epilogue(options, builder);
  const Window window = internal::ResolveWindow(builder, builder.input(),
                                                {.size_name = "kernel_size",
                                                 .size = options.kernel_size,
                                                 .strides = options.strides,
                                                 .dilations = options.dilation_rate,
                                                 .padding = options.padding});
  if (!builder.HasRank(builder.input(), 4, internal::kImages)) return Symbol();
  const Symbol depthwise = ConvolveDepthwise(builder, builder.AsReal(builder.input()), "depthwise_kernel", options,
                                             is_valid ? options.depth_multiplier : 1, window, /*last=*/false);
  if (!depthwise.known()) return Symbol();
  const int64_t filters = filters_valid ? options.filters : 1;
  const Symbol kernel = builder.Parameter("pointwise_kernel", {1, 1, builder.type(depthwise).shape[3], filters},
                                          options.pointwise_initializer, options.trainable);
  builder.PenalizeWeight("pointwise_regularizer", options.pointwise_regularizer, kernel);
  const Window pixel = {{1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}};
  Symbol y = Convolve(builder, depthwise, kernel, pixel, 1, epilogue.empty());
  if (!filters_valid) y.guessed |= kChannels;
  return epilogue.Lower(y, builder);
}

void CheckOutputPadding(const Conv2DTransposeOptions& options, Window& window, LayerBuilder& builder) {
  const std::array<int64_t, 2> given = {options.output_padding.height, options.output_padding.width};
  const std::vector<int64_t>&strides = window.strides, &dilations = window.dilations;
  const auto mistake = [&](const std::string& sentence) {
    builder.Mistake(sentence);
    window.guessed = true;
  };
  if (std::max(strides[0], strides[1]) > 1 && std::max(dilations[0], dilations[1]) > 1)
    mistake("strides and dilation_rate cannot both be above 1");
  if (!options.output_padding.given || window.guessed) return;
  for (size_t axis = 0; axis < 2; ++axis) {
    const bool is_even = options.padding == "same" && window.Span(axis) % 2 == 0;
    if (given[axis] < 0 || given[axis] >= strides[axis])
      mistake(absl::StrCat("output_padding must be at least 0 and below the stride ", strides[axis], ", got ",
                           given[axis]));
    else if (is_even && given[axis] == 0)
      mistake("output_padding must be positive if padding is \"same\" and the kernel has an even extent");
  }
}

// The extent of the result along an axis, as in Keras.
int64_t TransposedExtent(const Conv2DTransposeOptions& options, const Window& window, size_t axis, int64_t extent) {
  const int64_t stride = window.strides[axis], span = window.Span(axis);
  const int64_t output_padding = axis == 0 ? options.output_padding.height : options.output_padding.width;
  if (options.padding == "same")
    return options.output_padding.given ? (extent - 1) * stride + span % 2 + output_padding : extent * stride;
  return (extent - 1) * stride + (options.output_padding.given ? span + output_padding : std::max(span, stride));
}

// y = activation(conv2d_input_grad(x, kernel) + bias)
Symbol LowerConv2DTranspose(const Conv2DTransposeOptions& options, LayerBuilder& builder) {
  const bool filters_valid = builder.Positive("filters", options.filters);
  builder.CheckInitializer("kernel_initializer", options.kernel_initializer);
  builder.CheckRegularizer("kernel_regularizer", options.kernel_regularizer);
  const Epilogue epilogue(options, builder);
  Window window = internal::CheckWindow(builder, {.size_name = "kernel_size",
                                                  .size = options.kernel_size,
                                                  .strides = options.strides,
                                                  .dilations = options.dilation_rate,
                                                  .padding = options.padding});
  CheckOutputPadding(options, window, builder);
  if (!builder.HasRank(builder.input(), 4, internal::kImages)) return Symbol();
  if (window.guessed) window = {{1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, /*guessed=*/true};

  const Symbol x = builder.AsReal(builder.input());
  const ir::Shape shape = builder.type(x).shape;
  std::vector<int64_t> size;
  for (size_t axis = 0; axis < 2; ++axis) {
    size.push_back(window.guessed ? shape[axis + 1] : TransposedExtent(options, window, axis, shape[axis + 1]));
    if (options.padding != "same") continue;
    const internal::AxisPads pads =
        internal::SamePads(size[axis], window.size[axis], window.strides[axis], window.dilations[axis]);
    window.pads[axis] = pads.before;
    window.pads[axis + 2] = pads.after;
  }
  const Symbol kernel =
      builder.Parameter("kernel", {window.size[0], window.size[1], filters_valid ? options.filters : 1, shape[3]},
                        options.kernel_initializer, options.trainable);
  builder.PenalizeWeight("kernel_regularizer", options.kernel_regularizer, kernel);
  ir::Attributes attributes = AttributesOf(window, /*groups=*/1);
  attributes.Set("input_size", size);
  Symbol y = builder.Emit(ir::kConv2DInputGrad, {x, kernel}, std::move(attributes), epilogue.empty());
  y.guessed = (x.guessed & kRowsAndPixels) | (window.guessed ? kPixels : 0) | (filters_valid ? 0 : kChannels);
  return epilogue.Lower(y, builder);
}

}  // namespace

Layer Conv2D(Conv2DOptions options, Line line) {
  return internal::MakeLayer("Conv2D", "conv2d", line, std::move(options), LowerConv2D);
}
Layer Conv1D(Conv1DOptions options, Line line) {
  return internal::MakeLayer("Conv1D", "conv1d", line, std::move(options), LowerConv1D);
}
Layer DepthwiseConv2D(DepthwiseConv2DOptions options, Line line) {
  return internal::MakeLayer("DepthwiseConv2D", "depthwise_conv2d", line, std::move(options), LowerDepthwiseConv2D);
}
Layer SeparableConv2D(SeparableConv2DOptions options, Line line) {
  return internal::MakeLayer("SeparableConv2D", "separable_conv2d", line, std::move(options), LowerSeparableConv2D);
}
Layer Conv2DTranspose(Conv2DTransposeOptions options, Line line) {
  return internal::MakeLayer("Conv2DTranspose", "conv2d_transpose", line, std::move(options), LowerConv2DTranspose);
}

}  // namespace brine
