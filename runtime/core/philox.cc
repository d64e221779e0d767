#include "runtime/core/philox.h"

#include <math.h>
#include <string.h>

#include "runtime/base/hash.h"

brine_random brine_philox(uint64_t seed, uint32_t element, uint32_t step, uint32_t id, uint32_t attempt) {
  uint32_t key0 = static_cast<uint32_t>(seed), key1 = static_cast<uint32_t>(seed >> 32);
  brine_random x = {{element, step, id, attempt}};
  for (int round = 0; round < 10; ++round) {  // the multipliers and the increments of the key are those of the paper
    const uint64_t a = uint64_t{0xD2511F53} * x.word[0], b = uint64_t{0xCD9E8D57} * x.word[2];
    x = {{static_cast<uint32_t>(b >> 32) ^ x.word[1] ^ key0, static_cast<uint32_t>(b),
          static_cast<uint32_t>(a >> 32) ^ x.word[3] ^ key1, static_cast<uint32_t>(a)}};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return x;
}

double brine_uniform(uint64_t seed, uint32_t element, uint32_t step, uint32_t id) {
  return (brine_philox(seed, element, step, id, 0).word[0] >> 8) * 0x1p-24;
}

double brine_normal(uint64_t seed, uint32_t element, uint32_t id, uint32_t attempt) {
  const brine_random random = brine_philox(seed, element, 0, id, attempt);
  const double u = (random.word[0] + 0.5) * 0x1p-32, angle = 2 * 3.14159265358979323846 * (random.word[1] * 0x1p-32);
  return sqrt(-2 * log(u)) * cos(angle);
}

double brine_truncated_normal(uint64_t seed, uint32_t element, uint32_t id) {
  for (uint32_t attempt = 0;; ++attempt) {  // ends soon, since an attempt succeeds with probability 0.954
    const double normal = brine_normal(seed, element, id, attempt);
    if (fabs(normal) <= 2) return normal;
  }
}

uint32_t brine_random_id(const char* name) { return brine::base::Fnv1a(name, strlen(name)); }
