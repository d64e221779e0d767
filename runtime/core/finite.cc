#include "runtime/core/finite.h"

#include <string.h>

#include "runtime/core/cpu.h"

namespace {

// The floats that a task tests.  128 KiB take longer than to start a task, and are few enough to share evenly.
constexpr int64_t kChunk = 1 << 15;

uint32_t Bits(const float* data, int64_t index) {
  uint32_t bits;
  memcpy(&bits, data + index, sizeof(bits));
  return bits;
}

// The least bits of an exponent with which the magnitude of a float is 2^limit or more.
constexpr uint32_t ExponentBits(int limit) { return static_cast<uint32_t>(limit + 127) << 23; }

struct Scan {
  const float* data;
  int64_t count;
  int limit;
  int found;  // 1 if a task found an element that is not below 2^limit
};

int ScanChunk(void*, int32_t index, uint8_t* closure) {
  Scan* const scan = reinterpret_cast<Scan*>(closure);
  const int64_t begin = index * kChunk, remaining = scan->count - begin;
  if (!brine_all_below(scan->data + begin, remaining < kChunk ? remaining : kChunk, scan->limit))
    __atomic_store_n(&scan->found, 1, __ATOMIC_RELAXED);
  return 0;
}

// 1 if an element has an exponent so great that adding `added` to its bits carries into the sign bit, otherwise 0.  The
// compiler vectorizes the loop, since it has no branch.
__attribute__((always_inline)) inline uint32_t CarriesInLoop(const float* data, int64_t count, uint32_t added) {
  uint32_t carries = 0;
#pragma GCC unroll 4
  for (int64_t index = 0; index < count; ++index) carries |= (Bits(data, index) & 0x7f800000u) + added;
  return carries >> 31;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) uint32_t CarriesAvx2(const float* data, int64_t count, uint32_t added) {
  return CarriesInLoop(data, count, added);
}
#endif

uint32_t Carries(const float* data, int64_t count, uint32_t added) {
#if defined(__x86_64__)  // the library is built for every x86-64
  if (brine_has_avx2() != 0) return CarriesAvx2(data, count, added);
#endif
  return CarriesInLoop(data, count, added);
}

}  // namespace

int brine_all_below(const float* data, int64_t count, int limit) {
  return Carries(data, count, 0x80000000u - ExponentBits(limit)) == 0;
}

int64_t brine_first_not_below(const float* data, int64_t count, int limit) {
  for (int64_t index = 0; index < count; ++index) {
    if ((Bits(data, index) & 0x7f800000u) >= ExponentBits(limit)) return index;
  }
  return -1;
}

int brine_all_below_parallel(const brine_backend* backend, brine_context* context, const float* data, int64_t count,
                             int limit) {
  if (count <= 2 * kChunk) return brine_all_below(data, count, limit);
  Scan scan = {.data = data, .count = count, .limit = limit, .found = 0};
  const int32_t chunks = static_cast<int32_t>((count + kChunk - 1) / kChunk);
  backend->parallel_for(context, ScanChunk, 0, chunks, reinterpret_cast<uint8_t*>(&scan));
  return scan.found == 0;
}
