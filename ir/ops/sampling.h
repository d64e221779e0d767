// What the ops share that take pixels of images at positions between pixels or outside of the image.
#ifndef BRINE_IR_OPS_SAMPLING_H_
#define BRINE_IR_OPS_SAMPLING_H_

#include <cmath>
#include <string>
#include <vector>

#include "ir/op.h"

namespace brine::ir {

// Why ops that change images have no gradient.
inline constexpr char kAugmentationComesFirst[] =
    "augmentation has no parameters; put it before the first layer that learns";

// Fails unless x holds images of f32 or u8, and the attributes of SamplingAttributes have values that suit x.
absl::Status ExpectSampling(const Type& x, const Attributes& attributes);

std::vector<AttributeSpec> SamplingAttributes();  // fill_mode, fill_value and interpolation

// The pixel of an axis of `size` pixels from which the fill mode takes `position`, or −1 if it takes the fill value.
int64_t SourcePixel(const std::string& mode, int64_t position, int64_t size);

// Images of the interpreter, with the attributes of SamplingAttributes.
template <typename Real>
class Sampler {
 public:
  Sampler(const Tensor<Real>& x, const Attributes& attributes)
      : x_(x),
        mode_(attributes.String("fill_mode")),
        is_nearest_(attributes.String("interpolation") == "nearest"),
        fill_value_(static_cast<Real>(attributes.Float("fill_value"))) {}

  // The value of image n at a position.
  Real At(int64_t n, Real row, Real column, int64_t channel) const {
    if (is_nearest_) return Pixel(n, std::llround(row), std::llround(column), channel);
    const Real top = std::floor(row), left = std::floor(column), lower = row - top, right = column - left;
    const int64_t i = static_cast<int64_t>(top), j = static_cast<int64_t>(left);
    return (Pixel(n, i, j, channel) * (1 - right) + Pixel(n, i, j + 1, channel) * right) * (1 - lower) +
           (Pixel(n, i + 1, j, channel) * (1 - right) + Pixel(n, i + 1, j + 1, channel) * right) * lower;
  }

  // y[element] = value, for y of the type of x
  static void Store(Tensor<Real>& y, size_t element, Real value) {
    if (y.real.empty())
      y.integers[element] = static_cast<int64_t>(std::floor(value + Real(0.5)));
    else
      y.real[element] = value;
  }

 private:
  Real Pixel(int64_t n, int64_t row, int64_t column, int64_t channel) const {
    const int64_t h = x_.dim(1), w = x_.dim(2), c = x_.dim(3);
    const int64_t i = SourcePixel(mode_, row, h), j = SourcePixel(mode_, column, w);
    if (i < 0 || j < 0) return fill_value_;
    const size_t from = static_cast<size_t>(((n * h + i) * w + j) * c + channel);
    return x_.real.empty() ? static_cast<Real>(x_.integers[from]) : x_.real[from];
  }

  const Tensor<Real>& x_;
  const std::string& mode_;
  const bool is_nearest_;
  const Real fill_value_;
};

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_SAMPLING_H_
