// Finds offsets in one block of memory for buffers of known sizes and lifetimes.
#ifndef BRINE_PASSES_ARENA_H_
#define BRINE_PASSES_ARENA_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace brine::passes {

struct Buffer {
  int first = 0, last = 0;  // the first and the last moment at which the buffer is live
  int64_t bytes = 0;        // a multiple of 64
};

// The largest sum of the bytes that are live at one moment: a lower bound of ArenaBytes for all offsets.
int64_t ArenaBound(absl::Span<const Buffer> buffers);

// An offset for each buffer, a multiple of 64, so that buffers which are live at the same moment do not overlap.  The
// buffers are placed greedily in several orders, and the smallest result is taken, which need not be the optimum.  The
// same buffers always get the same offsets.
std::vector<int64_t> PlaceBuffers(absl::Span<const Buffer> buffers);

// The size of the block that the offsets need: the greatest end of a buffer.
int64_t ArenaBytes(absl::Span<const Buffer> buffers, absl::Span<const int64_t> offsets);

}  // namespace brine::passes

#endif  // BRINE_PASSES_ARENA_H_
