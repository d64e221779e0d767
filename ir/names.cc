#include "ir/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ir/limits.h"
#include "ir/op.h"

namespace brine::ir {
namespace {

// The number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`; both are short.
size_t EditDistance(absl::string_view a, absl::string_view b) {
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

}  // namespace

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '/' || c == ':' || c == '-';
}

bool IsName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && std::all_of(name.begin(), name.end(), IsNameCharacter);
}

bool IsWord(absl::string_view name) {
  if (!IsName(name) || absl::ascii_isdigit(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; });
}

absl::string_view ClosestName(absl::string_view name, const std::vector<absl::string_view>& known) {
  constexpr size_t kShortest = 3;  // every short name is near every other
  constexpr size_t kLongest = 64;  // longer names are not worth the time
  constexpr size_t kMostCandidates = 2000;
  if (name.size() < kShortest || name.size() > kLongest) return {};
  const size_t limit = name.size() / 3;
  size_t best = limit + 1;
  absl::string_view closest;
  for (size_t index = 0; index < std::min(known.size(), kMostCandidates); ++index) {
    const absl::string_view candidate = known[index];
    if (candidate.size() > name.size() + limit || candidate.size() + limit < name.size()) continue;
    const size_t distance = EditDistance(name, candidate);
    if (distance < best) {
      best = distance;
      closest = candidate;
    }
  }
  return closest;
}

std::string DidYouMean(absl::string_view name, const std::vector<absl::string_view>& known) {
  const absl::string_view closest = ClosestName(name, known);
  return closest.empty() ? "" : absl::StrCat("; did you mean ", closest, "?");
}

std::string DidYouMeanOp(absl::string_view name) {
  std::vector<absl::string_view> ops;
  for (const Op* op : AllOps()) ops.push_back(op->name);
  return DidYouMean(name, ops);
}

std::string Excerpt(absl::string_view text) {
  constexpr size_t kShown = 40;
  return text.size() <= kShown ? absl::CEscape(text) : absl::StrCat(absl::CEscape(text.substr(0, kShown)), "...");
}

}  // namespace brine::ir
