// Tests which lines count as changed.
#include "frontend/cli/html/line_diff.h"

#include <gmock/gmock.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace brine {
namespace {

using cli::DiffLine;
using cli::DiffLines;
using cli::LineChange;

// "=a -b +c": the lines with signs.
std::string Signed(const std::vector<DiffLine>& lines) {
  std::string text;
  for (const DiffLine& line : lines) {
    const char* const sign = line.change == LineChange::kSame ? "=" : line.change == LineChange::kAdded ? "+" : "-";
    absl::StrAppend(&text, text.empty() ? "" : " ", sign, line.text);
  }
  return text;
}

std::string Lines(absl::string_view words) {
  std::string text;
  for (const absl::string_view word : absl::StrSplit(words, ' ', absl::SkipEmpty())) absl::StrAppend(&text, word, "\n");
  return text;
}

TEST(LineDiff, ShowsWhatChanged) {
  struct Row {
    const char *before, *after, *diff;
  };
  const Row rows[] = {
      {"", "", ""},
      {"a b c", "a b c", "=a =b =c"},
      {"", "a b", "+a +b"},
      {"a b", "", "-a -b"},
      {"a b c", "a x c", "=a -b +x =c"},
      {"a b c d", "a c d e", "=a -b =c =d +e"},
      {"a b c", "c a b", "+c =a =b -c"},
      {"} } x } }", "} } } y }", "=} =} -x =} +y =}"},
      {"a a a a", "a a", "=a =a -a -a"},
      {"f x x g", "g x x f", "+g +x +x =f -x -x -g"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(Signed(DiffLines(Lines(row.before), Lines(row.after))), row.diff) << row.before << " and " << row.after;
}

TEST(LineDiff, IndentationIsNoChangeAndIsThatOfTheTextAfter) {
  EXPECT_EQ(Signed(DiffLines("a\nb\n", "k {\n  a\n  b\n}\n")), "+k { =  a =  b +}");
}

// The lines of one side.
std::string Side(const std::vector<DiffLine>& lines, LineChange other) {
  std::string text;
  for (const DiffLine& line : lines) {
    if (line.change != other) absl::StrAppend(&text, line.text, "\n");
  }
  return text;
}

TEST(LineDiff, BothTextsAreInIt) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const unsigned words = 1 + random() % 12;
    std::string before, after;
    for (std::string* text : {&before, &after}) {
      for (unsigned count = random() % 40; count > 0; --count) absl::StrAppend(text, "line", random() % words, "\n");
    }
    const std::vector<DiffLine> lines = DiffLines(before, after);
    EXPECT_EQ(Side(lines, LineChange::kAdded), before);
    EXPECT_EQ(Side(lines, LineChange::kRemoved), after);
  }
}

TEST(LineDiff, AVeryLongPartWithoutLinesOfItsOwnIsReplaced) {
  std::string before, after;
  for (int index = 0; index < 3000; ++index) {
    absl::StrAppend(&before, "a", index % 7, "\n");
    absl::StrAppend(&after, "a", index % 5 * 2 + 1, "\n");
  }
  const std::vector<DiffLine> lines = DiffLines(before, after);
  EXPECT_EQ(Side(lines, LineChange::kAdded), before);
  EXPECT_EQ(Side(lines, LineChange::kRemoved), after);
}

}  // namespace
}  // namespace brine
