// The kernels of a network's first layer as pictures.
#ifndef BRINE_FRONTEND_CLI_HTML_FILTERS_H_
#define BRINE_FRONTEND_CLI_HTML_FILTERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "frontend/cli/html/png.h"
#include "ir/graph.h"

namespace brine::cli {

// A sheet with the first `shown` filters of a kernel [height][width][channels][filters], the layout of Keras.
// Filters of one or three channels are shown as grey or coloured pictures, others by the means of their channels.  0 is
// the middle of the scale, and the largest magnitude within a filter is its end, so that each filter shows its pattern.
// The pixels between filters are transparent.
Picture FilterSheet(absl::Span<const float> kernel, int height, int width, int channels, int filters, int shown);

// The filters of the first layer that has some.
struct Filters {
  std::string kernel;                                  // "conv2d/kernel"
  std::string file;                                    // from which they were read: "best.safetensors"
  int height = 0, width = 0, channels = 0, count = 0;  // of the kernel; `count` filters of it are shown
  Picture sheet;
};

// The filters in the best checkpoint of a run, or else in its newest one: of the first kernel of the model if it is
// that of a convolution, or of a dense layer whose inputs are the pixels of an image.  Empty if it is neither, or if
// there is no checkpoint that has it.
std::optional<Filters> FirstFilters(const std::string& run, const ir::Graph& model);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_FILTERS_H_
