// The windows of convolutions and pools: checks their arguments and computes the pads of Keras's "valid" and "same".
#ifndef BRINE_FRONTEND_LAYERS_WINDOWS_H_
#define BRINE_FRONTEND_LAYERS_WINDOWS_H_

#include <array>
#include <cstdint>
#include <vector>

#include "frontend/layers/layer_builder.h"

namespace brine::internal {

// The pads of an axis for "same", with which the output has ⌈extent / stride⌉ positions, as in Keras:
//   total = max((⌈extent / stride⌉ − 1)·stride + (size − 1)·dilation + 1 − extent, 0)
//   before = ⌊total / 2⌋, after = total − before
struct AxisPads {
  int64_t before = 0;
  int64_t after = 0;
};
AxisPads SamePads(int64_t extent, int64_t size, int64_t stride, int64_t dilation);

inline constexpr std::array<const char*, 2> kImageAxes = {"height", "width"};

// The arguments of a layer that describe its window.
struct WindowArguments {
  const char* size_name;  // the name of the argument `size`: "kernel_size" or "pool_size"
  Size2D size;
  Size2D strides;
  Size2D dilations;
  const std::string& padding;
  std::array<const char*, 2> axes = kImageAxes;  // their names in messages
  bool may_be_causal = false;                    // whether the padding may be "causal"
};

struct Window {
  std::vector<int64_t> size;  // [height, width], as the next two
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads;  // [top, left, bottom, right]
  bool guessed =
      false;  // whether an argument was illegal and replaced, so that the output's height and width are guesses

  // The pixels along an axis from the first tap to the last one, both included.  The product cannot overflow, since
  // both factors are below 2³¹.
  int64_t Span(size_t axis) const { return (size[axis] - 1) * dilations[axis] + 1; }
};

// Checks the arguments.  The pads are 0.
Window CheckWindow(LayerBuilder& builder, const WindowArguments& arguments);

// Also computes the pads for x [n, h, w, c].  If x is unknown or has another rank, only the
// arguments are checked.  Mistakes are reported to `builder`.
Window ResolveWindow(LayerBuilder& builder, const Symbol& x, const WindowArguments& arguments);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_LAYERS_WINDOWS_H_
