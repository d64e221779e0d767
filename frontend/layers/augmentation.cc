// The layers that change images at random.  Except RandomFlip and RandomTranslation, which are ops of their own, they
// draw numbers for each image, compute a map or a box from these, and apply it.
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <numbers>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "frontend/layers/layer_builder.h"
#include "frontend/layers/spatial.h"
#include "ir/ops/sampling.h"

namespace brine {
namespace {

using internal::kImages;
using internal::kPixels;
using internal::LayerBuilder;
using internal::Symbol;

const ir::Shape kOneEach = {ir::kBatch, 1, 1, 1};  // a number for each image

Symbol LowerFlip(const std::string& mode, LayerBuilder& builder) {
  constexpr absl::string_view kModes[] = {"horizontal", "vertical", "horizontal_and_vertical"};
  const bool is_valid = builder.Known("mode", mode, kModes);
  if (!builder.HasRank(builder.input(), 4, kImages) || !is_valid) return builder.input();
  return builder.Emit(ir::kRandomFlip, {builder.input(), builder.Seed(), builder.Step()},
                      {{"id", builder.RandomId()}, {"mode", mode}});
}

bool CheckGiven(LayerBuilder& builder, const char* argument, const Range& range) {
  if (!range.given) builder.Mistake(absl::StrCat(argument, " must be given"));
  return range.given;
}

bool CheckFactor(LayerBuilder& builder, const char* argument, const Range& range, double least = -1) {
  if (range.lower >= least && range.upper <= 1 && range.lower <= range.upper) return true;
  builder.Mistake(
      absl::StrCat(argument, " must be a range within [", least, ", 1], got [", range.lower, ", ", range.upper, "]"));
  return false;
}

// The range of Keras's layers whose factors are at least 0: one number f stands for {0, f}.
Range FromZero(const Range& range) { return range.lower == -range.upper ? Range(0, range.upper) : range; }

bool CheckValueRange(LayerBuilder& builder, const Range& range) {
  constexpr double kWidest = FLT_MAX / 2;  // brightness draws from a range that may be twice as wide
  if (!builder.Finite("value_range", range.lower) || !builder.Finite("value_range", range.upper)) return false;
  const std::string got = absl::StrCat(", got [", range.lower, ", ", range.upper, "]");
  if (range.lower >= range.upper) {
    builder.Mistake("value_range must ascend" + got);
    return false;
  }
  if (range.upper - range.lower <= kWidest) return true;
  builder.Mistake(absl::StrCat("value_range must be at most ", kWidest, " wide", got));
  return false;
}

// Whether the input holds images that depend on no parameter.
bool TakesImages(LayerBuilder& builder) {
  if (!builder.HasRank(builder.input(), 4, kImages)) return false;
  if (builder.input().learned) builder.Mistake(ir::kAugmentationComesFirst);
  return true;
}

// What the layers have in common that take pixels from other places.
struct Sampling {
  const std::string& fill_mode;
  const std::string& interpolation;
  double fill_value;
};

bool CheckSampling(LayerBuilder& builder, const Sampling& sampling) {
  constexpr absl::string_view kFillModes[] = {"constant", "nearest", "reflect", "wrap"};
  constexpr absl::string_view kInterpolations[] = {"nearest", "bilinear"};
  bool is_valid = builder.Known("fill_mode", sampling.fill_mode, kFillModes);
  is_valid &= builder.Known("interpolation", sampling.interpolation, kInterpolations);
  return builder.Finite("fill_value", sampling.fill_value) && is_valid;
}

// The input of an op that samples.  Images of bytes stay bytes unless the result can have other numbers.
Symbol SampledInput(LayerBuilder& builder, const Sampling& sampling) {
  const double fill = sampling.fill_value;
  const bool keeps_bytes = sampling.interpolation == "nearest" && fill >= 0 && fill <= 255 && fill == std::floor(fill);
  return keeps_bytes ? builder.input() : builder.AsReal(builder.input());
}

Symbol LowerTranslation(const RandomTranslationOptions& options, LayerBuilder& builder) {
  bool is_valid = CheckFactor(builder, "height_factor", options.height_factor);
  is_valid &= CheckFactor(builder, "width_factor", options.width_factor);
  const Sampling sampling = {options.fill_mode, options.interpolation, options.fill_value.value()};
  is_valid &= CheckSampling(builder, sampling);
  if (!builder.HasRank(builder.input(), 4, kImages) || !is_valid) return builder.input();
  return builder.Emit(ir::kRandomTranslation, {SampledInput(builder, sampling), builder.Seed(), builder.Step()},
                      {{"id", builder.RandomId()},
                       {"height_factor", std::vector<double>{options.height_factor.lower, options.height_factor.upper}},
                       {"width_factor", std::vector<double>{options.width_factor.lower, options.width_factor.upper}},
                       {"fill_mode", options.fill_mode},
                       {"fill_value", sampling.fill_value},
                       {"interpolation", options.interpolation}});
}

// Nodes of a layer, by their names.
class Formulas {
 public:
  explicit Formulas(LayerBuilder& builder) : builder_(builder) {}

  Symbol Apply(const ir::Op& op, const std::vector<Symbol>& inputs, ir::Attributes attributes = {}) const {
    return builder_.EmitIntermediate(op, inputs, std::move(attributes));
  }
  Symbol Times(const Symbol& x, double factor) const {
    return Apply(ir::kMul, {x, builder_.Constant("factor", factor)});
  }
  Symbol Plus(const Symbol& x, double summand) const {
    return Apply(ir::kAdd, {x, builder_.Constant("summand", summand)});
  }
  // Random numbers from [range.lower, range.upper).  The draws of a layer have different names.
  Symbol Draw(absl::string_view name, const ir::Shape& shape, const Range& range) const {
    const Symbol u = builder_.Draw(ir::kRandomUniform, shape, name);
    return Plus(Times(u, range.upper - range.lower), range.lower);
  }
  // x within the range
  Symbol Clip(const Symbol& x, const Range& range) const {
    const Symbol limited = Apply(ir::kMinimum, {x, builder_.Constant("upper", range.upper)});
    return Apply(ir::kMaximum, {limited, builder_.Constant("lower", range.lower)});
  }

 private:
  LayerBuilder& builder_;
};

// A number for each image, f32[n,1], and what it adds to the six coefficients of an affine map.
struct Part {
  Symbol number;
  std::vector<double> coefficients;
};

// The images at the positions (column, row) = map·(column, row, 1), where map = constant + Σ number·coefficients.
Symbol Sample(LayerBuilder& builder, const Symbol& x, const internal::PixelPair& size, const Sampling& sampling,
              const std::vector<double>& constant, const std::vector<Part>& parts) {
  const Formulas formulas(builder);
  Symbol map = builder.Table("constant", {6}, constant);
  for (const Part& part : parts) {
    const Symbol row = builder.Table("coefficients", {6}, part.coefficients);
    map = formulas.Apply(ir::kAdd, {formulas.Apply(ir::kMul, {part.number, row}), map});
  }
  return formulas.Apply(ir::kAffineTransform, {x, map},
                        {{"size", std::vector<int64_t>{size.rows, size.columns}},
                         {"fill_mode", sampling.fill_mode},
                         {"fill_value", sampling.fill_value},
                         {"interpolation", sampling.interpolation}});
}

// The middle of images, in pixels from the first one.
struct Middle {
  double row, column;
  explicit Middle(const ir::Shape& images)
      : row((static_cast<double>(images[1]) - 1) / 2), column((static_cast<double>(images[2]) - 1) / 2) {}
};

Symbol LowerRotation(const RandomRotationOptions& options, LayerBuilder& builder) {
  const Sampling sampling = {options.fill_mode, options.interpolation, options.fill_value.value()};
  const bool is_factor =
      CheckGiven(builder, "factor", options.factor) && CheckFactor(builder, "factor", options.factor);
  const bool is_valid = CheckSampling(builder, sampling) && is_factor;
  if (!TakesImages(builder) || !is_valid) return builder.input();
  const Symbol x = SampledInput(builder, sampling);
  const ir::Shape shape = builder.type(x).shape;
  const Middle middle(shape);
  const Formulas formulas(builder);
  constexpr double kTurn = 2 * std::numbers::pi;
  const Symbol angle =
      formulas.Draw("angle", {ir::kBatch, 1}, {options.factor.lower * kTurn, options.factor.upper * kTurn});
  return builder.InTraining(Sample(builder, x, {shape[1], shape[2]}, sampling, {0, 0, middle.column, 0, 0, middle.row},
                                   {{formulas.Apply(ir::kCos, {angle}), {1, 0, -middle.column, 0, 1, -middle.row}},
                                    {formulas.Apply(ir::kSin, {angle}), {0, -1, middle.row, 1, 0, -middle.column}}}),
                            x);
}

bool CheckZoom(LayerBuilder& builder, const char* argument, const Range& range) {
  if (range.lower > -1 && range.upper <= 1 && range.lower <= range.upper) return true;
  builder.Mistake(
      absl::StrCat(argument, " must be a range within (-1, 1], got [", range.lower, ", ", range.upper, "]"));
  return false;
}

Symbol LowerZoom(const RandomZoomOptions& options, LayerBuilder& builder) {
  const Sampling sampling = {options.fill_mode, options.interpolation, options.fill_value.value()};
  bool is_valid = CheckGiven(builder, "height_factor", options.height_factor) &&
                  CheckZoom(builder, "height_factor", options.height_factor);
  is_valid &= CheckZoom(builder, "width_factor", options.width_factor);
  is_valid &= CheckSampling(builder, sampling);
  if (!TakesImages(builder) || !is_valid) return builder.input();
  const Symbol x = SampledInput(builder, sampling);
  const ir::Shape shape = builder.type(x).shape;
  const Middle middle(shape);
  const Formulas formulas(builder);
  const auto draw = [&](absl::string_view name, const Range& range) {
    return formulas.Draw(name, {ir::kBatch, 1}, {1 + range.lower, 1 + range.upper});
  };
  const Symbol down = draw("height", options.height_factor);
  const Symbol across = options.width_factor.given ? draw("width", options.width_factor) : down;
  return builder.InTraining(Sample(builder, x, {shape[1], shape[2]}, sampling, {0, 0, middle.column, 0, 0, middle.row},
                                   {{across, {1, 0, -middle.column, 0, 0, 0}}, {down, {0, 0, 0, 0, 1, -middle.row}}}),
                            x);
}

Symbol LowerCrop(const RandomCropOptions& options, LayerBuilder& builder) {
  const internal::PixelPair size = {options.height, options.width};
  const bool is_valid = internal::CheckPixels(builder, size);
  Symbol x = builder.input();
  if (!TakesImages(builder)) return Symbol();
  if (!is_valid) {
    x.guessed |= kPixels;
    return x;
  }
  const ir::Shape shape = builder.type(x).shape;
  const std::int64_t rows = shape[1] - size.rows, columns = shape[2] - size.columns;
  const bool crops = rows > 0 && columns > 0;
  Symbol y = internal::ResizeCenter(builder, builder.AsReal(x), size, "bilinear", /*last=*/!crops);
  if (crops) {
    const Formulas formulas(builder);
    // A whole number from 0 to `largest`.
    const auto draw = [&](absl::string_view name, std::int64_t largest) {
      const Symbol number = formulas.Draw(name, {ir::kBatch, 1}, {0, static_cast<double>(largest + 1)});
      return builder.AsReal(formulas.Apply(ir::kCast, {number}, {{"to", std::string("i32")}}));
    };
    const std::string nearest = "nearest";
    const Symbol box = Sample(builder, x, size, {nearest, nearest, 0}, {1, 0, 0, 0, 1, 0},
                              {{draw("left", columns), {0, 0, 1, 0, 0, 0}}, {draw("top", rows), {0, 0, 0, 0, 0, 1}}});
    y = builder.InTraining(builder.AsReal(box), y);
  }
  y.guessed &= ~kPixels;
  return y;
}

Symbol LowerContrast(const RandomContrastOptions& options, LayerBuilder& builder) {
  const Range factor = FromZero(options.factor);
  const bool is_factor = CheckGiven(builder, "factor", options.factor) && CheckFactor(builder, "factor", factor, 0),
             is_range = CheckValueRange(builder, options.value_range);
  if (!TakesImages(builder) || !is_factor || !is_range) return builder.input();
  const Symbol x = builder.AsReal(builder.input());
  const ir::Shape shape = builder.type(x).shape;
  const Formulas formulas(builder);
  const Symbol sum = formulas.Apply(ir::kReduceSum, {x}, {{"axes", std::vector<int64_t>{1, 2}}, {"keep_dims", true}});
  const Symbol mean = formulas.Times(sum, 1 / (static_cast<double>(shape[1]) * static_cast<double>(shape[2])));
  const Symbol contrast = formulas.Draw("contrast", kOneEach, {1 - factor.lower, 1 + factor.upper});
  const Symbol scaled = formulas.Apply(ir::kMul, {formulas.Apply(ir::kSub, {x, mean}), contrast});
  return builder.InTraining(formulas.Clip(formulas.Apply(ir::kAdd, {scaled, mean}), options.value_range), x);
}

Symbol LowerBrightness(const RandomBrightnessOptions& options, LayerBuilder& builder) {
  const Range& range = options.value_range;
  const bool is_factor =
                 CheckGiven(builder, "factor", options.factor) && CheckFactor(builder, "factor", options.factor),
             is_range = CheckValueRange(builder, range);
  if (!TakesImages(builder) || !is_factor || !is_range) return builder.input();
  const Symbol x = builder.AsReal(builder.input());
  const Formulas formulas(builder);
  const double width = range.upper - range.lower;
  const Symbol delta = formulas.Draw("delta", kOneEach, {options.factor.lower * width, options.factor.upper * width});
  return builder.InTraining(formulas.Clip(formulas.Apply(ir::kAdd, {x, delta}), range), x);
}

// 1 for the pixels of an axis that lie in a random interval, else 0.  `shape` is that of the pixels' numbers.
Symbol Interval(LayerBuilder& builder, absl::string_view axis, const ir::Shape& shape, const Range& scale) {
  const Formulas formulas(builder);
  std::vector<double> pixels(static_cast<size_t>(*ir::ElementCount(shape, 1)));
  std::iota(pixels.begin(), pixels.end(), 0);
  const double extent = static_cast<double>(pixels.size());
  const Symbol share = formulas.Apply(ir::kSqrt, {formulas.Draw(absl::StrCat(axis, ".share"), kOneEach, scale)});
  const Symbol length = formulas.Times(share, extent);
  const Symbol room = formulas.Plus(formulas.Times(length, -1), extent);
  const Symbol start = formulas.Apply(ir::kMul, {formulas.Draw(absl::StrCat(axis, ".start"), kOneEach, {0, 1}), room});
  const Symbol numbers = builder.Table("pixels", shape, pixels);
  const auto ends_after = [&](const Symbol& end) { return formulas.Apply(ir::kGreater, {end, numbers}); };
  return formulas.Apply(ir::kSub, {ends_after(formulas.Apply(ir::kAdd, {start, length})), ends_after(start)});
}

bool CheckFill(LayerBuilder& builder, const std::vector<Real>& fill) {
  const Symbol& x = builder.input();
  if (x.known() && builder.type(x).rank() == 4 && !x.Guessed(3) && fill.size() > 1 &&
      static_cast<std::int64_t>(fill.size()) != builder.type(x).shape[3]) {
    builder.Mistake(absl::StrCat("fill_value must hold one number or one for each of the ", builder.type(x).shape[3],
                                 " channels, got ", fill.size()));
    return false;
  }
  return std::all_of(fill.begin(), fill.end(),
                     [&](const Real& number) { return builder.Finite("fill_value", number.value()); });
}

// What erased pixels of the images get, clipped to the range of their numbers: the given numbers, or noise.
Symbol Fill(LayerBuilder& builder, const std::vector<Real>& given, const ir::Shape& images, const Range& range) {
  if (given.empty()) {
    const Formulas formulas(builder);
    return formulas.Clip(formulas.Times(builder.Draw(ir::kRandomNormal, images, "fill"), range.upper), range);
  }
  std::vector<double> numbers;
  for (const Real& number : given) numbers.push_back(std::clamp(number.value(), range.lower, range.upper));
  return builder.Table("fill", {static_cast<std::int64_t>(numbers.size())}, numbers);
}

Symbol LowerErasing(const RandomErasingOptions& options, LayerBuilder& builder) {
  const Range factor = FromZero(options.factor), scale = FromZero(options.scale);
  bool is_valid = CheckFactor(builder, "factor", factor, 0);
  is_valid &= CheckFactor(builder, "scale", scale, 0);
  is_valid &= CheckValueRange(builder, options.value_range);
  is_valid &= CheckFill(builder, options.fill_value);
  if (!TakesImages(builder) || !is_valid) return builder.input();
  const Symbol x = builder.AsReal(builder.input());
  const ir::Shape shape = builder.type(x).shape;
  const Formulas formulas(builder);
  const Symbol fill = Fill(builder, options.fill_value, shape, options.value_range);
  const Symbol erases = formulas.Apply(
      ir::kGreater, {formulas.Draw("probability", kOneEach, factor), formulas.Draw("threshold", kOneEach, {0, 1})});
  const Symbol columns = Interval(builder, "columns", {1, shape[2], 1}, scale),
               rows = formulas.Apply(ir::kMul, {Interval(builder, "rows", {shape[1], 1, 1}, scale), erases});
  const Symbol erased_columns = formulas.Apply(ir::kSelect, {columns, fill, x});
  return builder.InTraining(formulas.Apply(ir::kSelect, {rows, erased_columns, x}), x);
}

// A layer whose images have numbers of the input's range, and perhaps constants.
template <typename Options>
Layer Augmentation(const char* kind, const char* prefix, Options options, const Line& line,
                   Symbol (*lower)(const Options& options, LayerBuilder& builder)) {
  const std::string name = options.name;
  return internal::MakeLayer(
      kind, prefix, name, line,
      [options = std::move(options), lower](LayerBuilder& builder) { return lower(options, builder); },
      {.moves_elements = true});
}

}  // namespace

Layer RandomFlip(std::string mode, Named options, Line line) {
  return internal::MakeLayer("RandomFlip", "random_flip", std::move(options.name), line,
                             [mode = std::move(mode)](LayerBuilder& builder) { return LowerFlip(mode, builder); },
                             {.moves_elements = true});
}

Layer RandomTranslation(RandomTranslationOptions options, Line line) {
  return Augmentation("RandomTranslation", "random_translation", std::move(options), line, LowerTranslation);
}

Layer RandomRotation(RandomRotationOptions options, Line line) {
  return Augmentation("RandomRotation", "random_rotation", std::move(options), line, LowerRotation);
}

Layer RandomZoom(RandomZoomOptions options, Line line) {
  return Augmentation("RandomZoom", "random_zoom", std::move(options), line, LowerZoom);
}

Layer RandomCrop(RandomCropOptions options, Line line) {
  return Augmentation("RandomCrop", "random_crop", std::move(options), line, LowerCrop);
}

Layer RandomContrast(RandomContrastOptions options, Line line) {
  return Augmentation("RandomContrast", "random_contrast", std::move(options), line, LowerContrast);
}

Layer RandomBrightness(RandomBrightnessOptions options, Line line) {
  return Augmentation("RandomBrightness", "random_brightness", std::move(options), line, LowerBrightness);
}

Layer RandomErasing(RandomErasingOptions options, Line line) {
  return Augmentation("RandomErasing", "random_erasing", std::move(options), line, LowerErasing);
}

}  // namespace brine
