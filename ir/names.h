// Which names are legal, and which known name the user probably meant by an unknown one.
#ifndef BRINE_IR_NAMES_H_
#define BRINE_IR_NAMES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace brine::ir {

bool IsNameCharacter(char c);         // whether c is one of A-Z a-z 0-9 _ . / : -
bool IsName(absl::string_view name);  // whether the name has 1 to kMaxNameBytes of these characters
bool IsWord(absl::string_view name);  // whether the name is also a C identifier

// The known name nearest to `name`, or an empty one if none is near (runtime/base/edit_distance.h).
absl::string_view ClosestName(absl::string_view name, const std::vector<absl::string_view>& known);

// "; did you mean <closest>?" to end a message with, or an empty string if no known name is near.
std::string DidYouMean(absl::string_view name, const std::vector<absl::string_view>& known);
// The same, but "; <all> a, b, c" if no known name is near.
std::string NearestOrAll(absl::string_view name, const std::vector<absl::string_view>& known,
                         absl::string_view all = "known are");
std::string DidYouMeanOp(absl::string_view name);  // the known names are those of the ops

// `text` as a message shows it: escaped, and cut after 40 bytes.
std::string Excerpt(absl::string_view text);

}  // namespace brine::ir

#endif  // BRINE_IR_NAMES_H_
