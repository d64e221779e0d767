#include "ir/ops/sampling.h"

#include "ir/ops/rules.h"

namespace brine::ir {

absl::Status ExpectSampling(const Type& x, const Attributes& attributes) {
  if (x.dtype != DType::kF32 && x.dtype != DType::kU8) return Refuse("x must be f32 or u8, got ", ToString(x));
  BRINE_RETURN_IF_ERROR(ExpectAnyDType("x", x));
  BRINE_RETURN_IF_ERROR(ExpectImage("x", x));
  const std::string& mode = attributes.String("fill_mode");
  if (mode != "constant" && mode != "nearest" && mode != "reflect" && mode != "wrap") {
    return Refuse("fill_mode must be constant, nearest, reflect or wrap, got ", mode);
  }
  const std::string& interpolation = attributes.String("interpolation");
  if (interpolation != "nearest" && interpolation != "bilinear") {
    return Refuse("interpolation must be nearest or bilinear, got ", interpolation);
  }
  const double fill = attributes.Float("fill_value");
  if (!std::isfinite(static_cast<float>(fill))) return Refuse("fill_value must be finite, got ", fill);
  if (x.dtype == DType::kU8 && (fill < 0 || fill > 255 || fill != std::floor(fill))) {
    return Refuse("fill_value must be a whole number from 0 to 255 for u8 images, got ", fill);
  }
  return absl::OkStatus();
}

std::vector<AttributeSpec> SamplingAttributes() {
  return {{"fill_mode", AttributeKind::kString, "constant, nearest, reflect or wrap", true, "reflect"},
          {"fill_value", AttributeKind::kFloat, "what lies outside, for constant", true, 0.0},
          {"interpolation", AttributeKind::kString, "nearest or bilinear", true, "bilinear"}};
}

int64_t SourcePixel(const std::string& mode, int64_t position, int64_t size) {
  if (position >= 0 && position < size) return position;
  if (mode == "constant") return -1;
  if (mode == "nearest") return position < 0 ? 0 : size - 1;
  if (mode == "wrap") return ((position % size) + size) % size;
  // The mode is reflect: c b a | a b c | c b a, which repeats every 2·size pixels.
  const int64_t folded = ((position % (2 * size)) + 2 * size) % (2 * size);
  return folded < size ? folded : 2 * size - 1 - folded;
}

}  // namespace brine::ir
