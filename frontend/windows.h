// Windows that slide over an image: Keras's "valid" and "same", resolved to explicit pads.
#ifndef BRINE_FRONTEND_WINDOWS_H_
#define BRINE_FRONTEND_WINDOWS_H_

#include <cstdint>
#include <vector>

#include "frontend/layer_builder.h"

namespace brine::internal {

// total = max((ceil(extent / stride) − 1)·stride + (size − 1)·dilation + 1 − extent, 0); before = ⌊total / 2⌋; after =
// total − before.
struct AxisPads {
  int64_t before = 0;
  int64_t after = 0;
};
AxisPads SamePads(int64_t extent, int64_t size, int64_t stride, int64_t dilation);

// A layer's window arguments.
struct WindowArguments {
  const char* size_name;  // "kernel_size", "pool_size"
  Size2D size;
  Size2D strides;
  Size2D dilations;
  const std::string& padding;
};

struct Window {
  std::vector<int64_t> size;  // [h, w], like the next two
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads;  // [top, left, bottom, right]
  bool guessed = false;       // an argument was illegal and is replaced: the output's height and width are guesses
};

// Checks the arguments and fits the window to `x` [n, h, w, c], where it is known and of rank 4.
Window ResolveWindow(LayerBuilder& builder, const Symbol& x, const WindowArguments& arguments);

}  // namespace brine::internal

#endif  // BRINE_FRONTEND_WINDOWS_H_
