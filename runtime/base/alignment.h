// The alignment of tensors in memory and in files.  This header needs nothing of the C++ library, so that core/ can use
// it.
#ifndef BRINE_RUNTIME_BASE_ALIGNMENT_H_
#define BRINE_RUNTIME_BASE_ALIGNMENT_H_

namespace brine::base {

inline constexpr int kAlignment = 64;  // in bytes; the size of a cache line and of an AVX-512 vector

// The next multiple of the alignment; `bytes` is not negative.
template <typename Integer>
constexpr Integer RoundUp(Integer bytes) {
  return (bytes + (kAlignment - 1)) / kAlignment * kAlignment;
}

}  // namespace brine::base

#endif  // BRINE_RUNTIME_BASE_ALIGNMENT_H_
