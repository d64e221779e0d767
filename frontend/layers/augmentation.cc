// The layers RandomFlip and RandomTranslation, which act in training only.
#include <cmath>

#include "absl/strings/str_cat.h"
#include "frontend/layers/layer_builder.h"

namespace brine {
namespace {

using internal::LayerBuilder;
using internal::Symbol;

constexpr const char* kImages = "images (n, height, width, channels)";

Symbol LowerFlip(const std::string& mode, LayerBuilder& builder) {
  constexpr absl::string_view kModes[] = {"horizontal", "vertical", "horizontal_and_vertical"};
  const bool is_valid = builder.Known("mode", mode, kModes);
  if (!builder.HasRank(builder.input(), 4, kImages) || !is_valid) return builder.input();
  return builder.Emit(ir::kRandomFlip, {builder.input(), builder.Seed(), builder.Step()},
                      {{"id", builder.RandomId()}, {"mode", mode}});
}

bool CheckFactor(LayerBuilder& builder, const char* argument, const Range& range) {
  if (range.lower >= -1 && range.upper <= 1 && range.lower <= range.upper) return true;
  builder.Mistake(
      absl::StrCat(argument, " must be a range within [-1, 1], got [", range.lower, ", ", range.upper, "]"));
  return false;
}

Symbol LowerTranslation(const RandomTranslationOptions& options, LayerBuilder& builder) {
  constexpr absl::string_view kFillModes[] = {"constant", "nearest", "reflect", "wrap"};
  constexpr absl::string_view kInterpolations[] = {"nearest", "bilinear"};
  bool is_valid = CheckFactor(builder, "height_factor", options.height_factor);
  is_valid &= CheckFactor(builder, "width_factor", options.width_factor);
  is_valid &= builder.Known("fill_mode", options.fill_mode, kFillModes);
  is_valid &= builder.Known("interpolation", options.interpolation, kInterpolations);
  const double fill = options.fill_value.value();
  is_valid &= builder.Finite("fill_value", fill);
  if (!builder.HasRank(builder.input(), 4, kImages) || !is_valid) return builder.input();

  // Images of bytes stay bytes unless the result can have other numbers.
  const bool keeps_bytes = options.interpolation == "nearest" && fill >= 0 && fill <= 255 && fill == std::floor(fill);
  const Symbol x = keeps_bytes ? builder.input() : builder.AsReal(builder.input());
  return builder.Emit(ir::kRandomTranslation, {x, builder.Seed(), builder.Step()},
                      {{"id", builder.RandomId()},
                       {"height_factor", std::vector<double>{options.height_factor.lower, options.height_factor.upper}},
                       {"width_factor", std::vector<double>{options.width_factor.lower, options.width_factor.upper}},
                       {"fill_mode", options.fill_mode},
                       {"fill_value", fill},
                       {"interpolation", options.interpolation}});
}

}  // namespace

Layer RandomFlip(std::string mode, Named options, Line line) {
  return internal::MakeLayer("RandomFlip", "random_flip", std::move(options.name), line,
                             [mode = std::move(mode)](LayerBuilder& builder) { return LowerFlip(mode, builder); },
                             {.moves_elements = true});
}

Layer RandomTranslation(RandomTranslationOptions options, Line line) {
  const std::string name = options.name;
  return internal::MakeLayer(
      "RandomTranslation", "random_translation", name, line,
      [options = std::move(options)](LayerBuilder& builder) { return LowerTranslation(options, builder); },
      {.moves_elements = true});
}

}  // namespace brine
