#include "ir/names.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ir/limits.h"
#include "ir/op.h"
#include "runtime/base/edit_distance.h"

namespace brine::ir {

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
  const auto name_at = [&](size_t index) { return std::string_view(known[index].data(), known[index].size()); };
  const std::string_view closest = base::ClosestName({name.data(), name.size()}, known.size(), name_at);
  return {closest.data(), closest.size()};
}

std::string DidYouMean(absl::string_view name, const std::vector<absl::string_view>& known) {
  const absl::string_view closest = ClosestName(name, known);
  return closest.empty() ? "" : absl::StrCat("; did you mean ", closest, "?");
}

std::string NearestOrAll(absl::string_view name, const std::vector<absl::string_view>& known, absl::string_view all) {
  const std::string nearest = DidYouMean(name, known);
  return nearest.empty() ? absl::StrCat("; ", all, " ", absl::StrJoin(known, ", ")) : nearest;
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
