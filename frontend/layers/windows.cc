#include "frontend/layers/windows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace brine::internal {
namespace {

constexpr absl::string_view kPaddings[] = {"valid", "same"};
constexpr const char* kAxisNames[] = {"height", "width"};

// [height, width].  Illegal numbers are reported and replaced by 1; `guessed` is then set.
std::vector<int64_t> CheckSize(LayerBuilder& builder, const char* argument, const Size2D& size, bool& guessed) {
  if (!size.given) {
    builder.Mistake(absl::StrCat(argument, " must be given"));
    guessed = true;
    return {1, 1};
  }
  std::vector<int64_t> result = {size.height, size.width};
  for (int64_t& extent : result) {
    if (builder.Positive(argument, extent)) continue;
    extent = 1;
    guessed = true;
  }
  return result;
}

}  // namespace

AxisPads SamePads(int64_t extent, int64_t size, int64_t stride, int64_t dilation) {
  const int64_t steps = (extent + stride - 1) / stride - 1;
  const int64_t total = std::max<int64_t>(steps * stride + (size - 1) * dilation + 1 - extent, 0);
  return {total / 2, total - total / 2};
}

Window ResolveWindow(LayerBuilder& builder, const Symbol& x, const WindowArguments& arguments) {
  Window window;
  window.size = CheckSize(builder, arguments.size_name, arguments.size, window.guessed);
  window.strides = CheckSize(builder, "strides", arguments.strides, window.guessed);
  window.dilations = CheckSize(builder, "dilation_rate", arguments.dilations, window.guessed);
  window.pads = {0, 0, 0, 0};
  if (!builder.Known("padding", arguments.padding, kPaddings)) window.guessed = true;
  if (!x.known() || builder.type(x).rank() != 4) return window;

  for (size_t i = 0; i < 2; ++i) {
    const int64_t extent = builder.type(x).shape[i + 1];
    // The product cannot overflow, since both factors are below 2³¹.
    const int64_t span = (window.size[i] - 1) * window.dilations[i] + 1;
    std::string mistake;
    if (span > ir::kMaxElements) {
      mistake = absl::StrCat(arguments.size_name, " ", window.size[i], " with dilation_rate ", window.dilations[i],
                             " spans ", span, ", more than the ", ir::kMaxElements, " allowed");
    } else if (arguments.padding == "same") {
      const AxisPads pads = SamePads(extent, window.size[i], window.strides[i], window.dilations[i]);
      window.pads[i] = pads.before;
      window.pads[i + 2] = pads.after;
    } else if (span > extent && !window.guessed && !x.Guessed(static_cast<int>(i) + 1)) {
      mistake = absl::StrCat(arguments.size_name, " ", window.size[i]);
      if (window.dilations[i] != 1)
        absl::StrAppend(&mistake, " with dilation_rate ", window.dilations[i], " spans ", span, ", which");
      absl::StrAppend(&mistake, " is larger than the input's ", kAxisNames[i], " ", extent);
    }
    if (!mistake.empty()) builder.Mistake(mistake);
    if (span > ir::kMaxElements || (span > extent && arguments.padding != "same")) {
      window.guessed = true;
      window.size[i] = 1;
    }
  }
  return window;
}

}  // namespace brine::internal
