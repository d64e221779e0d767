// The loop nest that the interpreter's loops of conv2d and its two gradients share.
#ifndef BRINE_IR_OPS_CONVOLUTION_LOOP_H_
#define BRINE_IR_OPS_CONVOLUTION_LOOP_H_

#include "ir/ops/loops.h"

namespace brine::ir {

// The number of groups, and the channels and filters of each.  The third axis of a kernel has the channels of one
// group, its fourth axis the filters of all groups.
struct ConvolutionGroups {
  int64_t count, channels, filters;

  ConvolutionGroups(const Attributes& attributes, int64_t kernel_channels, int64_t all_filters)
      : count(attributes.Int("groups")), channels(kernel_channels), filters(all_filters / count) {}
};

// Calls step(input_offset, output_offset, tap) for each pixel of the result and each tap of the kernel that lies inside
// the image there.  The offsets are those of the first channel of the pixel in the image and in the result.  `tap` is
// the index of the tap in the kernel, in row-major order.
template <typename Real, typename Step>
void ForEachTap(const Attributes& attributes, const Grid<Real>& image, const Grid<Real>& result, int64_t taps_down,
                int64_t taps_across, Step step) {
  const std::vector<int64_t>&pads = attributes.Ints("pads"), &strides = attributes.Ints("strides"),
        &dilations = attributes.Ints("dilations");
  for (int64_t n = 0; n < result.n; ++n) {
    for (int64_t i = 0; i < result.h; ++i) {
      for (int64_t a = 0; a < taps_down; ++a) {
        const int64_t row = i * strides[0] + a * dilations[0] - pads[0];
        if (row < 0 || row >= image.h) continue;
        for (int64_t j = 0; j < result.w; ++j) {
          for (int64_t b = 0; b < taps_across; ++b) {
            const int64_t column = j * strides[1] + b * dilations[1] - pads[1];
            if (column < 0 || column >= image.w) continue;
            step(image.offset(n, row, column), result.offset(n, i, j), a * taps_across + b);
          }
        }
      }
    }
  }
}

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_CONVOLUTION_LOOP_H_
