#include "ir/philox.h"

#include "runtime/base/hash.h"

namespace brine::ir {

// The multipliers of a round and the increments of the key are those of the paper.
std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t left = uint64_t{0xD2511F53} * counter[0], right = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(right >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(right),
               static_cast<uint32_t>(left >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(left)};
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};
  }
  return counter;
}

double PhiloxUniform(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  return static_cast<double>(Philox(counter, key)[0] >> 8) * 0x1p-24;
}

uint32_t NameId(absl::string_view name) { return base::Fnv1a(name.data(), name.size()); }

}  // namespace brine::ir
