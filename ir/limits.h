// Limits on what is read from a file, so that a hostile file costs an error message instead of memory or time.  type.h
// has the limits of a tensor.
#ifndef BRINE_IR_LIMITS_H_
#define BRINE_IR_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace brine::ir {

inline constexpr size_t kMaxTextBytes = size_t{16} << 20;    // .ir and .pbtxt
inline constexpr size_t kMaxBinaryBytes = size_t{64} << 20;  // .pb
inline constexpr size_t kMaxGraphs = 64;
inline constexpr size_t kMaxNodes = 100'000;  // of all graphs of a file, kernels' bodies included
inline constexpr size_t kMaxValues = 400'000;
inline constexpr size_t kMaxNameBytes = 256;
inline constexpr size_t kMaxStringBytes = 4096;  // file names and other quoted text
inline constexpr size_t kMaxList = 65'536;  // elements of a list: whole numbers, operands, locations, layers, states, …
inline constexpr size_t kMaxInputs = 256;             // of a node whose op takes any number
inline constexpr size_t kMaxReals = size_t{1} << 20;  // elements of a constant
inline constexpr size_t kMaxExpressionTerms = 64;     // of a host expression, and so the depth of its calls
inline constexpr int64_t kMaxBatchSize = (int64_t{1} << 31) - 1;

}  // namespace brine::ir

#endif  // BRINE_IR_LIMITS_H_
