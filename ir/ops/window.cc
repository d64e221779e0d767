#include "ir/ops/window.h"

#include "absl/strings/str_join.h"
#include "ir/ops/rules.h"

namespace brine::ir {
namespace {

// A window that slides along one axis of an image.  All numbers are at most kMaxElements, and all but the pads are
// positive.
struct Slide {
  absl::string_view axis, before_name, after_name;
  int64_t input, window, stride, dilation, before, after;
};

// The number of positions: ⌊(before + input + after − ((window − 1)·dilation + 1)) / stride⌋ + 1.
absl::StatusOr<int64_t> Positions(const Slide& slide) {
  const int64_t extent = (slide.window - 1) * slide.dilation + 1;  // below 2⁶², since both factors are below 2³¹
  const std::string dilated =
      slide.dilation == 1 ? "" : absl::StrCat(" (", slide.window, " dilated by ", slide.dilation, ")");
  for (const auto& [name, pad] :
       {std::pair(slide.before_name, slide.before), std::pair(slide.after_name, slide.after)}) {
    if (pad >= extent)
      return Refuse(name, " pad ", pad, " must be smaller than window ", slide.axis, " ", extent, dilated);
  }
  const int64_t padded = slide.before + slide.input + slide.after;
  if (extent > padded) {
    const absl::string_view what = padded == slide.input ? "input " : "padded input ";
    return Refuse("window ", extent, dilated, " is larger than ", what, slide.axis, " ", padded);
  }
  if (padded > kMaxElements) return Refuse("padded input ", slide.axis, " ", padded, " exceeds ", kMaxElements);
  return (padded - extent) / slide.stride + 1;
}

absl::StatusOr<Shape> WindowShape(const Attributes& attributes, const Shape& image, int64_t height, int64_t width,
                                  int64_t channels) {
  const std::vector<int64_t>&pads = attributes.Ints("pads"), &strides = attributes.Ints("strides");
  const std::vector<int64_t> dilations =
      attributes.Has("dilations") ? attributes.Ints("dilations") : std::vector<int64_t>{1, 1};
  BRINE_RETURN_IF_ERROR(ExpectInts("pads", pads, 4, 0));
  BRINE_RETURN_IF_ERROR(ExpectInts("strides", strides, 2, 1));
  BRINE_RETURN_IF_ERROR(ExpectInts("dilations", dilations, 2, 1));
  BRINE_ASSIGN_OR_RETURN(const int64_t rows, Positions({.axis = "height",
                                                        .before_name = "top",
                                                        .after_name = "bottom",
                                                        .input = image[1],
                                                        .window = height,
                                                        .stride = strides[0],
                                                        .dilation = dilations[0],
                                                        .before = pads[0],
                                                        .after = pads[2]}));
  BRINE_ASSIGN_OR_RETURN(const int64_t columns, Positions({.axis = "width",
                                                           .before_name = "left",
                                                           .after_name = "right",
                                                           .input = image[2],
                                                           .window = width,
                                                           .stride = strides[1],
                                                           .dilation = dilations[1],
                                                           .before = pads[1],
                                                           .after = pads[3]}));
  return Shape{image[0], rows, columns, channels};
}

// The shape [n, h', w', c] of a pool over `image` [n, h, w, c].
absl::StatusOr<Shape> PoolShape(const Attributes& attributes, const Shape& image) {
  const std::vector<int64_t>& window = attributes.Ints("window");
  BRINE_RETURN_IF_ERROR(ExpectInts("window", window, 2, 1));
  if (PoolCells(attributes) > kMaxElements)
    return Refuse("window [", window[0], ",", window[1], "] has more than ", kMaxElements, " cells");
  return WindowShape(attributes, image, window[0], window[1], image[3]);
}

}  // namespace

absl::StatusOr<Shape> ConvolutionShape(const Attributes& attributes, const Shape& image, const Shape& kernel) {
  const int64_t groups = attributes.Int("groups"), channels = image[3], filters = kernel[3];
  if (groups < 1) return Refuse("groups must be positive, got ", groups);
  if (channels % groups != 0) return Refuse("groups ", groups, " does not divide the input's ", channels, " channels");
  if (filters % groups != 0) return Refuse("groups ", groups, " does not divide the ", filters, " filters");
  if (kernel[2] != channels / groups) {
    const std::string share = groups == 1 ? "" : absl::StrCat(" / ", groups, " groups");
    return Refuse("w is for ", kernel[2], " channels, but the input has ", channels, share);
  }
  return WindowShape(attributes, image, kernel[0], kernel[1], filters);
}

absl::Status ExpectMaskedPool(const Attributes& attributes) {
  const std::vector<int64_t>& window = attributes.Ints("window");
  if (attributes.Ints("strides") != window)
    return Refuse("strides must be those of the window, [", window[0], ",", window[1], "]");
  const std::vector<int64_t>& pads = attributes.Ints("pads");
  if (pads != std::vector<int64_t>(4, 0)) return Refuse("pads must be 0, got [", absl::StrJoin(pads, ","), "]");
  if (PoolCells(attributes) > kMaxMaskedCells)
    return Refuse("a window may hold at most ", kMaxMaskedCells, " cells, got ", PoolCells(attributes));
  return absl::OkStatus();
}

absl::StatusOr<Shape> InferPool(const OpTypes& types) {
  const Type& x = types.inputs[0];
  BRINE_RETURN_IF_ERROR(ExpectDType("x", x, DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectImage("x", x));
  return PoolShape(types.attributes, x.shape);
}

absl::StatusOr<Shape> InferPoolGrad(const OpTypes& types) {
  const Type& dy = types.inputs[0];
  BRINE_RETURN_IF_ERROR(ExpectDType("dy", dy, DType::kF32));
  BRINE_RETURN_IF_ERROR(ExpectImage("dy", dy));
  BRINE_ASSIGN_OR_RETURN(Shape image, ImageOf(types.attributes, dy, dy.shape[3]));
  BRINE_ASSIGN_OR_RETURN(Shape result, PoolShape(types.attributes, image));
  BRINE_RETURN_IF_ERROR(ExpectType("dy", dy, {DType::kF32, std::move(result)}));
  return image;
}

DType ArgmaxDType(const Attributes& attributes) { return PoolCells(attributes) <= 256 ? DType::kU8 : DType::kI32; }

absl::StatusOr<Shape> ImageOf(const Attributes& attributes, const Type& dy, int64_t channels) {
  const std::vector<int64_t>& size = attributes.Ints("input_size");
  BRINE_RETURN_IF_ERROR(ExpectInts("input_size", size, 2, 1));
  return Shape{dy.shape[0], size[0], size[1], channels};
}

absl::Status ExpectKernel(const Type& w) {
  BRINE_RETURN_IF_ERROR(ExpectDType("w", w, DType::kF32));
  if (w.rank() != 4) return Refuse("w must have the axes [height, width, channels, filters], got ", ToString(w));
  return ExpectFixed("w", w);
}

std::vector<AttributeSpec> ConvolutionAttributes() {
  using Ints = std::vector<int64_t>;
  return {{"pads", AttributeKind::kInts, "zeros added at top, left, bottom, right", true, Ints{0, 0, 0, 0}},
          {"strides", AttributeKind::kInts, "steps of the window: vertical, horizontal", true, Ints{1, 1}},
          {"dilations", AttributeKind::kInts, "distance of the window's cells: vertical, horizontal", true, Ints{1, 1}},
          {"groups", AttributeKind::kInt, "channels and filters are split into so many independent groups", true,
           int64_t{1}}};
}

std::vector<AttributeSpec> PoolAttributes() {
  using Ints = std::vector<int64_t>;
  return {{"window", AttributeKind::kInts, "height and width of the window", true, Ints{2, 2}},
          {"pads", AttributeKind::kInts, "cells added at top, left, bottom, right, which never count", true,
           Ints{0, 0, 0, 0}},
          {"strides", AttributeKind::kInts, "steps of the window: vertical, horizontal", true, Ints{2, 2}}};
}

std::vector<AttributeSpec> With(std::vector<AttributeSpec> schema, AttributeSpec more) {
  schema.push_back(std::move(more));
  return schema;
}

AttributeSpec InputSizeAttribute() {
  return {"input_size", AttributeKind::kInts, "height and width of the forward op's input"};
}

Attributes WithInputSize(Attributes attributes, const Type& image) {
  attributes.Set("input_size", std::vector<int64_t>{image.shape[1], image.shape[2]});
  return attributes;
}

Attributes WithKernelSize(Attributes attributes, const Type& kernel) {
  attributes.Set("kernel_size", std::vector<int64_t>{kernel.shape[0], kernel.shape[1]});
  return attributes;
}

Attributes OfConvolution(const Attributes& attributes) {
  Attributes forward;
  for (const char* name : {"pads", "strides", "dilations"}) forward.Set(name, attributes.Ints(name));
  forward.Set("groups", attributes.Int("groups"));
  return forward;
}

int64_t ConvolutionFlops(const Shape& kernel, const Type& y, int64_t rows) {
  return Product({2, Elements(y, rows), kernel[0], kernel[1], kernel[2]});
}

int64_t PoolCells(const Attributes& attributes) {
  const std::vector<int64_t>& window = attributes.Ints("window");
  return Product({window[0], window[1]});
}

int64_t PoolFlops(const OpTypes& types, absl::Span<const Type> outputs, int64_t rows) {
  return Product({Elements(outputs[0], rows), PoolCells(types.attributes)});
}

}  // namespace brine::ir
