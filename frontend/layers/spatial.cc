// The layers that change the extents of images: ZeroPadding2D, Cropping2D, UpSampling2D, Resizing and CenterCrop.
#include "frontend/layers/spatial.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace brine {
namespace internal {
namespace {

constexpr absl::string_view kInterpolations[] = {"nearest", "bilinear"};
constexpr const char* kAxisNames[] = {"height", "width"};

bool CheckBorders(absl::string_view argument, const Borders& borders, LayerBuilder& builder) {
  for (const std::int64_t border : {borders.top, borders.bottom, borders.left, borders.right}) {
    if (border >= 0 && border <= ir::kMaxElements) continue;
    builder.Mistake(absl::StrCat(argument, " must lie within 0 ... ", ir::kMaxElements, ", got ", border));
    return false;
  }
  return true;
}

// The images as they were, if an argument was illegal, with guessed extents.
Symbol Guess(Symbol images) {
  images.guessed |= kPixels;
  return images;
}

Symbol LowerPadding(const Borders& padding, LayerBuilder& builder) {
  const bool is_valid = CheckBorders("padding", padding, builder);
  const Symbol& x = builder.input();
  if (!builder.HasRank(x, 4, kImages)) return Symbol();
  if (!is_valid) return Guess(x);
  ir::Shape shape = builder.type(x).shape;
  shape[1] += padding.top + padding.bottom;
  shape[2] += padding.left + padding.right;
  return builder.Emit(ir::kPad, {x}, {{"begin", ir::Shape{0, padding.top, padding.left, 0}}, {"shape", shape}});
}

Symbol LowerCropping(const Borders& cropping, LayerBuilder& builder) {
  bool is_valid = CheckBorders("cropping", cropping, builder);
  const Symbol& x = builder.input();
  if (!builder.HasRank(x, 4, kImages)) return Symbol();
  const std::int64_t before[] = {cropping.top, cropping.left}, after[] = {cropping.bottom, cropping.right};
  const ir::Shape& shape = builder.type(x).shape;
  for (size_t axis = 0; is_valid && axis < 2; ++axis) {
    if (before[axis] + after[axis] < shape[axis + 1]) continue;
    if (!x.Guessed(static_cast<int>(axis) + 1)) {
      builder.Mistake(absl::StrCat("cropping {", before[axis], ", ", after[axis], "} leaves nothing of the input's ",
                                   kAxisNames[axis], " ", shape[axis + 1]));
    }
    is_valid = false;
  }
  if (!is_valid) return Guess(x);
  return CropImages(builder, x, {cropping.top, cropping.left},
                    {shape[1] - cropping.top - cropping.bottom, shape[2] - cropping.left - cropping.right},
                    /*last=*/true);
}

// y[n, i, j, c] = x[n, ⌊i / factor⌋, ⌊j / factor⌋, c], as [n, h, 1, w, 1, c] that is broadcast to [n, h, fh, w, fw, c]
Symbol Repeat(LayerBuilder& builder, const Symbol& x, const Size2D& factor) {
  const ir::Shape shape = builder.type(x).shape;
  const ir::Shape apart = {shape[0], shape[1], 1, shape[2], 1, shape[3]},
                  repeated = {shape[0], shape[1], factor.height, shape[2], factor.width, shape[3]},
                  joined = {shape[0], shape[1] * factor.height, shape[2] * factor.width, shape[3]};
  const Symbol cells = builder.Emit(ir::kReshape, {x}, {{"shape", apart}}, /*last=*/false);
  return builder.Emit(ir::kReshape, {builder.Emit(ir::kBroadcast, {cells}, {{"shape", repeated}}, /*last=*/false)},
                      {{"shape", joined}});
}

Symbol LowerUpSampling(const UpSampling2DOptions& options, LayerBuilder& builder) {
  const bool is_known = builder.Known("interpolation", options.interpolation, kInterpolations);
  const bool is_positive =
      builder.Positive("size", options.size.height) && builder.Positive("size", options.size.width);
  const Symbol& x = builder.input();
  if (!builder.HasRank(x, 4, kImages)) return Symbol();
  if (!is_known || !is_positive) return Guess(x);
  const ir::Shape& shape = builder.type(x).shape;
  // The products cannot overflow, since their factors are below 2³¹.
  const ir::Shape large = {shape[0], shape[1] * options.size.height, shape[2] * options.size.width, shape[3]};
  if (const absl::Status status = ir::CheckShape(large); !status.ok()) {
    if (x.guessed == 0) builder.Mistake(status.message());
    return Guess(x);
  }
  Symbol y = options.interpolation == "nearest"
                 ? Repeat(builder, x, options.size)
                 : ResizeImages(builder, builder.AsReal(x), {large[1], large[2]}, options.interpolation, /*last=*/true);
  y.guessed = x.guessed;
  return y;
}

Symbol LowerResizing(const ResizingOptions& options, LayerBuilder& builder) {
  const bool is_known = builder.Known("interpolation", options.interpolation, kInterpolations);
  const bool is_positive = CheckPixels(builder, {options.height, options.width});
  if (!builder.HasRank(builder.input(), 4, kImages)) return Symbol();
  if (!is_known || !is_positive) return Guess(builder.input());
  const PixelPair size = {options.height, options.width};
  const Symbol x = options.interpolation == "nearest" ? builder.input() : builder.AsReal(builder.input());
  const auto resize = options.crop_to_aspect_ratio ? ResizeCenter : ResizeImages;
  Symbol y = resize(builder, x, size, options.interpolation, /*last=*/true);
  y.guessed &= ~kPixels;
  return y;
}

Symbol LowerCenterCrop(const PixelPair& size, LayerBuilder& builder) {
  const bool is_positive = CheckPixels(builder, size);
  if (!builder.HasRank(builder.input(), 4, kImages)) return Symbol();
  if (!is_positive) return Guess(builder.input());
  Symbol y = CropCenter(builder, builder.input(), size);
  y.guessed &= ~kPixels;
  return y;
}

}  // namespace

bool CheckPixels(LayerBuilder& builder, const PixelPair& size) {
  const bool is_height = builder.Positive("height", size.rows), is_width = builder.Positive("width", size.columns);
  return is_height && is_width;
}

Symbol CropImages(LayerBuilder& builder, const Symbol& x, const PixelPair& begin, const PixelPair& size, bool last) {
  const ir::Shape& shape = builder.type(x).shape;
  return builder.Emit(ir::kSlice, {x},
                      {{"begin", ir::Shape{0, begin.rows, begin.columns, 0}},
                       {"shape", ir::Shape{shape[0], size.rows, size.columns, shape[3]}}},
                      last);
}

Symbol ResizeImages(LayerBuilder& builder, const Symbol& x, const PixelPair& size, const std::string& interpolation,
                    bool last) {
  const auto resize = [&](const Symbol& images, int64_t axis, int64_t extent, bool is_last) {
    return builder.Emit(ir::kResize, {images}, {{"axis", axis}, {"size", extent}, {"interpolation", interpolation}},
                        is_last);
  };
  return resize(resize(x, 1, size.rows, /*is_last=*/false), 2, size.columns, last);
}

Symbol ResizeCenter(LayerBuilder& builder, const Symbol& x, const PixelPair& size, const std::string& interpolation,
                    bool last) {
  const ir::Shape& shape = builder.type(x).shape;
  const PixelPair box = {std::clamp<std::int64_t>(shape[2] * size.rows / size.columns, 1, shape[1]),
                         std::clamp<std::int64_t>(shape[1] * size.columns / size.rows, 1, shape[2])};
  const PixelPair begin = {(shape[1] - box.rows) / 2, (shape[2] - box.columns) / 2};
  return ResizeImages(builder, CropImages(builder, x, begin, box, /*last=*/false), size, interpolation, last);
}

Symbol CropCenter(LayerBuilder& builder, const Symbol& x, const PixelPair& size) {
  const ir::Shape& shape = builder.type(x).shape;
  const std::int64_t rows = shape[1] - size.rows, columns = shape[2] - size.columns;
  if (rows >= 0 && columns >= 0) return CropImages(builder, x, {rows / 2, columns / 2}, size, /*last=*/true);
  return ResizeCenter(builder, builder.AsReal(x), size, "bilinear", /*last=*/true);
}

}  // namespace internal

Layer ZeroPadding2D(Borders padding, Named options, Line line) {
  return internal::MakeLayer(
      "ZeroPadding2D", "zero_padding2d", std::move(options.name), line,
      [padding](internal::LayerBuilder& builder) { return internal::LowerPadding(padding, builder); },
      {.moves_elements = true});
}

Layer Cropping2D(Borders cropping, Named options, Line line) {
  return internal::MakeLayer(
      "Cropping2D", "cropping2d", std::move(options.name), line,
      [cropping](internal::LayerBuilder& builder) { return internal::LowerCropping(cropping, builder); },
      {.moves_elements = true});
}

Layer UpSampling2D(UpSampling2DOptions options, Line line) {
  const std::string name = options.name;
  return internal::MakeLayer("UpSampling2D", "up_sampling2d", name, line,
                             [options = std::move(options)](internal::LayerBuilder& builder) {
                               return internal::LowerUpSampling(options, builder);
                             },
                             {.moves_elements = true});
}

Layer Resizing(ResizingOptions options, Line line) {
  const std::string name = options.name;
  return internal::MakeLayer("Resizing", "resizing", name, line,
                             [options = std::move(options)](internal::LayerBuilder& builder) {
                               return internal::LowerResizing(options, builder);
                             },
                             {.moves_elements = true});
}

Layer CenterCrop(CenterCropOptions options, Line line) {
  const internal::PixelPair size = {options.height, options.width};
  return internal::MakeLayer(
      "CenterCrop", "center_crop", std::move(options.name), line,
      [size](internal::LayerBuilder& builder) { return internal::LowerCenterCrop(size, builder); },
      {.moves_elements = true});
}

}  // namespace brine
