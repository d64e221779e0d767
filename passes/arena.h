// Offsets for buffers of known lifetimes in one block of memory.
#ifndef BRINE_PASSES_ARENA_H_
#define BRINE_PASSES_ARENA_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace brine::passes {

struct Buffer {
  int first = 0, last = 0;  // moments, both included
  int64_t bytes = 0;        // a multiple of 64
};

// The largest sum of the bytes that are live at one moment; no placement needs less.
int64_t ArenaBound(absl::Span<const Buffer> buffers);

// An offset, a multiple of 64, for each buffer, so that buffers that are live at the same moment do not overlap.  It
// places them greedily in several orders and takes the smallest result.  The same buffers always get the same offsets.
std::vector<int64_t> PlaceBuffers(absl::Span<const Buffer> buffers);

// The end of the last buffer.
int64_t ArenaBytes(absl::Span<const Buffer> buffers, absl::Span<const int64_t> offsets);

}  // namespace brine::passes

#endif  // BRINE_PASSES_ARENA_H_
