// The hash of a name, which is the id of its random numbers.  This header needs nothing of the C++ library, so that
// core/ can use it.
#ifndef BRINE_RUNTIME_BASE_HASH_H_
#define BRINE_RUNTIME_BASE_HASH_H_

#include <stddef.h>
#include <stdint.h>

namespace brine::base {

// 32-bit FNV-1a.
constexpr uint32_t Fnv1a(const char* text, size_t size) {
  uint32_t hash = 2166136261;
  for (size_t at = 0; at < size; ++at) hash = (hash ^ static_cast<uint8_t>(text[at])) * 16777619;
  return hash;
}

}  // namespace brine::base

#endif  // BRINE_RUNTIME_BASE_HASH_H_
