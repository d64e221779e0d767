// Limits on what is read from a file, so that a malicious file causes an error instead of taking memory or time without
// bound.  type.h has the limits of a tensor.
#ifndef BRINE_IR_LIMITS_H_
#define BRINE_IR_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace brine::ir {

inline constexpr size_t kMaxTextBytes = size_t{16} << 20;    // of a .ir or .pbtxt file
inline constexpr size_t kMaxBinaryBytes = size_t{64} << 20;  // of a .pb file
inline constexpr size_t kMaxGraphs = 64;                     // in a file
inline constexpr size_t kMaxNodes = 100'000;                 // in all graphs of a file, including the bodies of kernels
inline constexpr size_t kMaxValues = 400'000;                // in a graph
inline constexpr size_t kMaxNameBytes = 256;
inline constexpr size_t kMaxStringBytes = 4096;       // of a file name or other quoted text
inline constexpr size_t kMaxList = 65'536;            // elements of any other list, such as the operands of a node
inline constexpr size_t kMaxInputs = 256;             // of a node whose op is variadic
inline constexpr size_t kMaxReals = size_t{1} << 20;  // elements of a constant
inline constexpr size_t kMaxExpressionTerms = 256;    // of a host expression; this bounds also how deep its calls nest
inline constexpr int64_t kMaxBatchSize = (int64_t{1} << 31) - 1;

}  // namespace brine::ir

#endif  // BRINE_IR_LIMITS_H_
