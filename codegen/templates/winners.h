// What the two gradients of a convolution behind a max-pool share.
//
// Of the gradient that leaves such a pool only the winners are non-zero: one element a window, and none where the
// activation behind the pool was off.  The templates visit those alone.
#ifndef BRINE_CODEGEN_TEMPLATES_WINNERS_H_
#define BRINE_CODEGEN_TEMPLATES_WINNERS_H_

#include "codegen/templates/frame.h"

namespace brine::codegen {

inline constexpr int kListBytes = 8 << 10;  // of a task's lists: a quarter of a first-level cache

struct Winners {
  Tensor d, index;  // [n, rows, columns, filters]; without an index, each element is a window of its own
  int rows, columns, filters;
  int across, down;  // extents of a window, which begins where the one before it ends

  bool pooled() const { return index.func.defined(); }
  int cells() const { return across * down; }
  int windows() const { return rows * columns; }
};

// The winners of `dy` where it is the gradient of a pool without pads and overlaps, in front of a convolution of stride
// and dilation 1, and no output.
bool FindWinners(const Frame& frame, const ir::Node& convolution, ir::ValueId dy, Winners* winners);

// Every element of a stored dy, of which many are zero.  False where dy is made inside.
bool FindLive(const Frame& frame, const ir::Node& convolution, ir::ValueId dy, Winners* winners);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_WINNERS_H_
