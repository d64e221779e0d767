// The pools.
#include <algorithm>

#include "frontend/layers/sequences.h"
#include "frontend/layers/windows.h"

namespace brine {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

using internal::kImages;

// The pool of x [n, h, w, c].
Symbol Pool(LayerBuilder& builder, const ir::Op& op, const Symbol& x, const internal::Window& window) {
  Symbol y = builder.Emit(op, {x}, {{"window", window.size}, {"pads", window.pads}, {"strides", window.strides}});
  if (window.guessed) y.guessed |= internal::kPixels;
  return y;
}

Symbol LowerPooling(const ir::Op& op, const PoolingOptions& options, LayerBuilder& builder) {
  // Strides that are not given are pool_size.  If that is illegal, they are 1, so that the mistake is reported only
  // once.
  const Size2D& size = options.pool_size;
  const Size2D strides = options.strides.given ? options.strides : size.height > 0 && size.width > 0 ? size : Size2D(1);
  const internal::Window window = internal::ResolveWindow(
      builder, builder.input(),
      {.size_name = "pool_size", .size = size, .strides = strides, .dilations = 1, .padding = options.padding});
  if (!builder.HasRank(builder.input(), 4, kImages)) return Symbol();
  return Pool(builder, op, builder.AsReal(builder.input()), window);
}

Symbol LowerPooling1D(const ir::Op& op, const Pooling1DOptions& options, LayerBuilder& builder) {
  const int64_t size = options.pool_size;
  const Symbol images = internal::AsImages(builder);
  const internal::Window window =
      internal::ResolveWindow(builder, images,
                              {.size_name = "pool_size",
                               .size = {1, size},
                               .strides = {1, options.strides != 0 ? options.strides : std::max<int64_t>(size, 1)},
                               .dilations = 1,
                               .padding = options.padding,
                               .axes = internal::kSequenceAxes});
  if (!builder.HasRank(builder.input(), 3, internal::kSequences)) return Symbol();
  return internal::AsSequences(builder, [&] { return Pool(builder, op, builder.AsReal(images), window); });
}

// The bits of the axes of [n, 1, 1, c] or [n, c] that are guessed if the channels are.
uint32_t GuessedChannels(const Symbol& x, bool keepdims) { return x.Guessed(3) ? (keepdims ? 0b1000 : 0b10) : 0; }

// y = reduce_sum(x, [1, 2]) · 1 / (h·w)
Symbol LowerGlobalAverage(bool keepdims, LayerBuilder& builder) {
  if (!builder.HasRank(builder.input(), 4, kImages)) return Symbol();
  const Symbol x = builder.AsReal(builder.input());
  const ir::Shape shape = builder.type(x).shape;
  Symbol sum = builder.Emit(ir::kReduceSum, {x}, {{"axes", std::vector<int64_t>{1, 2}}, {"keep_dims", keepdims}},
                            /*last=*/false);
  sum.guessed = GuessedChannels(x, keepdims);
  const Symbol share = builder.Constant("share", 1.0 / (static_cast<double>(shape[1]) * static_cast<double>(shape[2])));
  return builder.Emit(ir::kMul, {sum, share});
}

// y = max_pool(x) with a window as large as the images
Symbol LowerGlobalMax(bool keepdims, LayerBuilder& builder) {
  if (!builder.HasRank(builder.input(), 4, kImages)) return Symbol();
  const Symbol x = builder.AsReal(builder.input());
  const ir::Shape shape = builder.type(x).shape;
  const std::vector<int64_t> window = {shape[1], shape[2]};
  Symbol y = builder.Emit(ir::kMaxPool, {x}, {{"window", window}, {"strides", window}}, /*last=*/keepdims);
  if (!keepdims) y = builder.Emit(ir::kReshape, {y}, {{"shape", ir::Shape{shape[0], shape[3]}}});
  y.guessed = GuessedChannels(x, keepdims);
  return y;
}

// The bits of the axes of [n, c], or of [n, 1, c], after all steps of x [n, steps, c] became one.
uint32_t GuessedAfterSteps(const Symbol& x, bool keepdims) { return x.Guessed(2) ? (keepdims ? 0b100 : 0b10) : 0; }

// y = reduce_sum(x, [1]) · 1 / steps
Symbol LowerGlobalAverage1D(const GlobalPoolingOptions& options, LayerBuilder& builder) {
  if (!builder.HasRank(builder.input(), 3, internal::kSequences)) return Symbol();
  const Symbol x = builder.AsReal(builder.input());
  const double steps = static_cast<double>(builder.type(x).shape[1]);
  Symbol sum = builder.EmitIntermediate(ir::kReduceSum, {x},
                                        {{"axes", std::vector<int64_t>{1}}, {"keep_dims", options.keepdims}});
  sum.guessed = GuessedAfterSteps(x, options.keepdims);
  return builder.Emit(ir::kMul, {sum, builder.Constant("share", 1 / steps)});
}

// A pool whose window is the whole sequence.
Symbol LowerGlobalMax1D(const GlobalPoolingOptions& options, LayerBuilder& builder) {
  if (!builder.HasRank(builder.input(), 3, internal::kSequences)) return Symbol();
  const Symbol x = builder.AsReal(internal::AsImages(builder));
  const ir::Shape shape = builder.type(x).shape;
  const std::vector<int64_t> window = {1, shape[2]};
  const Symbol y = builder.EmitIntermediate(ir::kMaxPool, {x}, {{"window", window}, {"strides", window}});
  const ir::Shape result = options.keepdims ? ir::Shape{shape[0], 1, shape[3]} : ir::Shape{shape[0], shape[3]};
  Symbol maximum = builder.Emit(ir::kReshape, {y}, {{"shape", result}});
  maximum.guessed = GuessedAfterSteps(builder.input(), options.keepdims);
  return maximum;
}

template <typename Options>
using Lower = Symbol (*)(const ir::Op& op, const Options& options, LayerBuilder& builder);

template <typename Options>
Layer Pooling(const char* kind, const char* prefix, const ir::Op& op, Lower<Options> lower, Options options,
              const Line& line) {
  const std::string name = options.name;
  return internal::MakeLayer(
      kind, prefix, name, line,
      [&op, lower, options = std::move(options)](LayerBuilder& builder) { return lower(op, options, builder); });
}

}  // namespace

Layer MaxPooling2D(PoolingOptions options, Line line) {
  return Pooling("MaxPooling2D", "max_pooling2d", ir::kMaxPool, LowerPooling, std::move(options), line);
}

Layer AveragePooling2D(PoolingOptions options, Line line) {
  return Pooling("AveragePooling2D", "average_pooling2d", ir::kAvgPool, LowerPooling, std::move(options), line);
}

Layer MaxPooling1D(Pooling1DOptions options, Line line) {
  return Pooling("MaxPooling1D", "max_pooling1d", ir::kMaxPool, LowerPooling1D, std::move(options), line);
}

Layer AveragePooling1D(Pooling1DOptions options, Line line) {
  return Pooling("AveragePooling1D", "average_pooling1d", ir::kAvgPool, LowerPooling1D, std::move(options), line);
}

Layer GlobalMaxPooling1D(GlobalPoolingOptions options, Line line) {
  return internal::MakeLayer("GlobalMaxPooling1D", "global_max_pooling1d", line, std::move(options), LowerGlobalMax1D);
}

Layer GlobalAveragePooling1D(GlobalPoolingOptions options, Line line) {
  return internal::MakeLayer("GlobalAveragePooling1D", "global_average_pooling1d", line, std::move(options),
                             LowerGlobalAverage1D);
}

Layer GlobalAveragePooling2D(GlobalPoolingOptions options, Line line) {
  return internal::MakeLayer(
      "GlobalAveragePooling2D", "global_average_pooling2d", std::move(options.name), line,
      [keepdims = options.keepdims](LayerBuilder& builder) { return LowerGlobalAverage(keepdims, builder); });
}

Layer GlobalMaxPooling2D(GlobalPoolingOptions options, Line line) {
  return internal::MakeLayer(
      "GlobalMaxPooling2D", "global_max_pooling2d", std::move(options.name), line,
      [keepdims = options.keepdims](LayerBuilder& builder) { return LowerGlobalMax(keepdims, builder); });
}

}  // namespace brine
