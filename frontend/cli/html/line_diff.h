// Which lines of a text changed.
#ifndef BRINE_FRONTEND_CLI_HTML_LINE_DIFF_H_
#define BRINE_FRONTEND_CLI_HTML_LINE_DIFF_H_

#include <vector>

#include "absl/strings/string_view.h"

namespace brine::cli {

enum class LineChange { kSame, kRemoved, kAdded };

struct DiffLine {
  LineChange change;
  absl::string_view text;  // a line of the text after, or before if it was removed
};

// The lines of both texts in an order in which those that are kSame or kAdded give `after`, and those that are kSame or
// kRemoved give `before`.  Two lines are the same if they differ in their indentation only.
//
// The lines that occur once in each text, in the longest sequence that both have, are the same (patience diff).  What
// lies between them is compared in the same way, and by the longest common subsequence where no line occurs once.  A
// part too long for that, of more than about a thousand lines without such a line, counts as changed.
std::vector<DiffLine> DiffLines(absl::string_view before, absl::string_view after);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_LINE_DIFF_H_
