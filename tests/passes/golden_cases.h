// The cases of a pass's golden file.
#ifndef BRINE_TESTS_PASSES_GOLDEN_CASES_H_
#define BRINE_TESTS_PASSES_GOLDEN_CASES_H_

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace brine::passes {

struct GoldenCase {
  std::string heading;  // "## before: …", "## unchanged: …" or "## error: …"
  std::string text;
};

inline std::vector<GoldenCase> CasesOf(const std::string& file) {
  std::vector<GoldenCase> cases;
  bool in_case = false;
  for (absl::string_view line : absl::StrSplit(file, '\n')) {
    if (absl::StartsWith(line, "## ")) {
      in_case = !absl::StartsWith(line, "## after");
      if (in_case) cases.push_back({std::string(line), ""});
    } else if (in_case && !absl::StartsWith(line, "#! ")) {
      absl::StrAppend(&cases.back().text, line, "\n");
    }
  }
  for (GoldenCase& one : cases) one.text = std::string(absl::StripAsciiWhitespace(one.text)) + "\n";
  return cases;
}

}  // namespace brine::passes

#endif  // BRINE_TESTS_PASSES_GOLDEN_CASES_H_
