// Names: which ones are legal, and which known name a misspelt one was probably meant to be.
#ifndef BRINE_IR_NAMES_H_
#define BRINE_IR_NAMES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace brine::ir {

bool IsNameCharacter(char c);         // [A-Za-z0-9_./:-]
bool IsName(absl::string_view name);  // 1–256 of them
bool IsWord(absl::string_view name);  // a name that is a C identifier

// The known name nearest to `name`, or an empty one if none is near.
absl::string_view ClosestName(absl::string_view name, const std::vector<absl::string_view>& known);

// "; did you mean <closest>?", or nothing.
std::string DidYouMean(absl::string_view name, const std::vector<absl::string_view>& known);

std::string DidYouMeanOp(absl::string_view name);  // the same among the ops

// `text` for a message: escaped, and cut after 40 bytes.
std::string Excerpt(absl::string_view text);

}  // namespace brine::ir

#endif  // BRINE_IR_NAMES_H_
