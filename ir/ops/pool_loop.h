// The loop nest that the interpreter's loops of pools and their gradients share.
#ifndef BRINE_IR_OPS_POOL_LOOP_H_
#define BRINE_IR_OPS_POOL_LOOP_H_

#include <algorithm>

#include "ir/ops/loops.h"

namespace brine::ir {

// The cells of a window that lie inside an image [n, h, w, c].
struct Cells {
  int64_t top, bottom, left, right;  // rows [top, bottom) and columns [left, right) of the image
  int64_t first_row, first_column;   // where the window begins; negative if it begins in the padding

  int64_t count() const { return (bottom - top) * (right - left); }
};

// Calls step(n, output_offset, cells) for each position of the window.  `output_offset` is the offset of the first
// channel of the window's pixel in the result [n, h', w', c].
template <typename Step>
void ForEachWindow(const Attributes& attributes, const std::vector<int64_t>& image, const std::vector<int64_t>& result,
                   Step step) {
  const std::vector<int64_t>&window = attributes.Ints("window"), &pads = attributes.Ints("pads"),
        &strides = attributes.Ints("strides");
  int64_t output_offset = 0;
  for (int64_t n = 0; n < result[0]; ++n) {
    for (int64_t i = 0; i < result[1]; ++i) {
      for (int64_t j = 0; j < result[2]; ++j, output_offset += result[3]) {
        const int64_t row = i * strides[0] - pads[0], column = j * strides[1] - pads[1];
        step(n, output_offset,
             Cells{std::max<int64_t>(row, 0), std::min(row + window[0], image[1]), std::max<int64_t>(column, 0),
                   std::min(column + window[1], image[2]), row, column});
      }
    }
  }
}

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_POOL_LOOP_H_
