#include "frontend/layers/windows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace brine::internal {
namespace {

constexpr absl::string_view kPaddings[] = {"valid", "same", "causal"};

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

Window CheckWindow(LayerBuilder& builder, const WindowArguments& arguments) {
  Window window;
  window.size = CheckSize(builder, arguments.size_name, arguments.size, window.guessed);
  window.strides = CheckSize(builder, "strides", arguments.strides, window.guessed);
  window.dilations = CheckSize(builder, "dilation_rate", arguments.dilations, window.guessed);
  window.pads = {0, 0, 0, 0};
  const absl::Span<const absl::string_view> paddings = absl::MakeConstSpan(kPaddings);
  if (!builder.Known("padding", arguments.padding, arguments.may_be_causal ? paddings : paddings.first(2)))
    window.guessed = true;
  for (size_t i = 0; i < 2; ++i) {
    if (window.Span(i) <= ir::kMaxElements) continue;
    builder.Mistake(absl::StrCat(arguments.size_name, " ", window.size[i], " with dilation_rate ", window.dilations[i],
                                 " spans ", window.Span(i), ", more than the ", ir::kMaxElements, " allowed"));
    window.guessed = true;
    window.size[i] = 1;
  }
  return window;
}

Window ResolveWindow(LayerBuilder& builder, const Symbol& x, const WindowArguments& arguments) {
  Window window = CheckWindow(builder, arguments);
  if (!x.known() || builder.type(x).rank() != 4) return window;
  for (size_t i = 0; i < 2; ++i) {
    const int64_t extent = builder.type(x).shape[i + 1], span = window.Span(i);
    if (arguments.padding == "same") {
      const AxisPads pads = SamePads(extent, window.size[i], window.strides[i], window.dilations[i]);
      window.pads[i] = pads.before;
      window.pads[i + 2] = pads.after;
    } else if (arguments.padding == "causal") {
      window.pads[i] = span - 1;
    } else if (span > extent) {
      if (!window.guessed && !x.Guessed(static_cast<int>(i) + 1)) {
        const std::string dilated = window.dilations[i] == 1 ? ""
                                                             : absl::StrCat(" with dilation_rate ", window.dilations[i],
                                                                            " spans ", span, ", which");
        builder.Mistake(absl::StrCat(arguments.size_name, " ", window.size[i], dilated, " is larger than the input's ",
                                     arguments.axes[i], " ", extent));
      }
      window.guessed = true;
      window.size[i] = 1;
    }
  }
  return window;
}

}  // namespace brine::internal
