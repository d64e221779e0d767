// Which known name a misspelt one was probably meant to be.
#ifndef BRINE_RUNTIME_BASE_EDIT_DISTANCE_H_
#define BRINE_RUNTIME_BASE_EDIT_DISTANCE_H_

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace brine::base {

// The least number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (the optimal
// string alignment distance).  Takes time in proportion to the product of the sizes.
inline size_t EditDistance(std::string_view a, std::string_view b) {
  // row[j] is the distance of the first i characters of `a` and the first j of `b`; `last` is the row of i − 1 and
  // `before` that of i − 2.
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

// The known name nearest to `name`, or an empty one if each differs in more than a third of the characters of `name`.
// `known` is the number of known names, and name_at(index) returns one of them.
template <typename NameAt>
std::string_view ClosestName(std::string_view name, size_t known, const NameAt& name_at) {
  constexpr size_t kShortest = 3;          // a shorter name may not differ at all
  constexpr size_t kLongest = 64;          // bounds the time for each candidate
  constexpr size_t kMaxCandidates = 2000;  // bounds the time for names from a file
  if (name.size() < kShortest || name.size() > kLongest) return {};
  const size_t limit = name.size() / 3;
  size_t best = limit + 1;
  std::string_view closest;
  for (size_t index = 0; index < std::min(known, kMaxCandidates); ++index) {
    const std::string_view candidate = name_at(index);
    if (candidate.size() > name.size() + limit || candidate.size() + limit < name.size()) continue;
    const size_t distance = EditDistance(name, candidate);
    if (distance < best) {
      best = distance;
      closest = candidate;
    }
  }
  return closest;
}

}  // namespace brine::base

#endif  // BRINE_RUNTIME_BASE_EDIT_DISTANCE_H_
