// The alignment of tensors in memory and in files; the C library is all that this header needs.
#ifndef BRINE_RUNTIME_BASE_ALIGNMENT_H_
#define BRINE_RUNTIME_BASE_ALIGNMENT_H_

namespace brine::base {

inline constexpr int kAlignment = 64;  // bytes: a cache line, and the longest vector of a machine

// The next multiple of the alignment; `bytes` is not negative.
template <typename Integer>
constexpr Integer RoundUp(Integer bytes) {
  return (bytes + (kAlignment - 1)) / kAlignment * kAlignment;
}

}  // namespace brine::base

#endif  // BRINE_RUNTIME_BASE_ALIGNMENT_H_
