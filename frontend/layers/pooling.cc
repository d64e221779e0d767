// The layers MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D and GlobalMaxPooling2D.
#include "frontend/layers/windows.h"

namespace brine {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

constexpr const char* kImages = "images (n, height, width, channels)";

Symbol LowerPooling(const ir::Op& op, const PoolingOptions& options, LayerBuilder& builder) {
  // Strides that are not given are pool_size.  If that is illegal, they are 1, so that the mistake is reported only
  // once.
  const Size2D& size = options.pool_size;
  const Size2D strides = options.strides.given ? options.strides : size.height > 0 && size.width > 0 ? size : Size2D(1);
  const internal::Window window = internal::ResolveWindow(
      builder, builder.input(),
      {.size_name = "pool_size", .size = size, .strides = strides, .dilations = 1, .padding = options.padding});
  if (!builder.HasRank(builder.input(), 4, kImages)) return Symbol();

  const Symbol x = builder.AsReal(builder.input());
  Symbol y = builder.Emit(op, {x}, {{"window", window.size}, {"pads", window.pads}, {"strides", window.strides}});
  constexpr uint32_t kPixels = 0b0110;  // the bits of the axes h' and w' of [n, h', w', c]
  if (window.guessed) y.guessed |= kPixels;
  return y;
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

Layer Pooling(const char* kind, const char* prefix, const ir::Op& op, PoolingOptions options, const Line& line) {
  const std::string name = options.name;
  return internal::MakeLayer(kind, prefix, name, line, [&op, options = std::move(options)](LayerBuilder& builder) {
    return LowerPooling(op, options, builder);
  });
}

}  // namespace

Layer MaxPooling2D(PoolingOptions options, Line line) {
  return Pooling("MaxPooling2D", "max_pooling2d", ir::kMaxPool, std::move(options), line);
}

Layer AveragePooling2D(PoolingOptions options, Line line) {
  return Pooling("AveragePooling2D", "average_pooling2d", ir::kAvgPool, std::move(options), line);
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
