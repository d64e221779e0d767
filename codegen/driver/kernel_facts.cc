#include "codegen/driver/kernel_facts.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ir/check.h"

namespace brine::codegen {

const CandidateFact& KernelFacts::built() const {
  const auto found = std::find_if(candidates.begin(), candidates.end(),
                                  [&](const CandidateFact& candidate) { return candidate.strategy == strategy; });
  BRINE_CHECK(found != candidates.end());
  return *found;
}

KernelFacts Adjusted(KernelFacts facts, double factor, double milliseconds) {
  for (CandidateFact& candidate : facts.candidates) {
    if (!candidate.reason.empty()) continue;
    candidate.milliseconds = factor * candidate.milliseconds + milliseconds;
    candidate.nonzero_milliseconds *= factor;
  }
  return facts;
}

std::string DescribeCandidates(const KernelFacts& facts) {
  return absl::StrJoin(facts.candidates, "\n", [](std::string* out, const CandidateFact& candidate) {
    if (candidate.reason.empty())
      absl::StrAppendFormat(out, "%s %.3f ms", candidate.strategy, candidate.milliseconds);
    else
      absl::StrAppend(out, candidate.strategy, ": ", candidate.reason);
  });
}

std::string Print(const KernelFacts& facts) {
  std::string text = absl::StrCat("scratch ", facts.scratch_bytes, "\nstrategy ", facts.strategy, "\nsparse ",
                                  facts.sparse_argument, "\n");
  for (const CandidateFact& candidate : facts.candidates) {
    if (candidate.reason.empty())
      absl::StrAppendFormat(&text, "candidate %s %.17g %.17g\n", candidate.strategy, candidate.milliseconds,
                            candidate.nonzero_milliseconds);
    else
      absl::StrAppend(&text, "reason ", candidate.strategy, " ", candidate.reason, "\n");
  }
  return text;
}

absl::StatusOr<KernelFacts> ParseFacts(absl::string_view text) {
  KernelFacts facts;
  bool is_valid = true;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> words = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    const std::pair<absl::string_view, absl::string_view> rest = absl::StrSplit(words.second, absl::MaxSplits(' ', 1));
    if (words.first == "scratch")
      is_valid &= absl::SimpleAtoi(words.second, &facts.scratch_bytes);
    else if (words.first == "strategy")
      facts.strategy = std::string(words.second);
    else if (words.first == "sparse")
      is_valid &= absl::SimpleAtoi(words.second, &facts.sparse_argument);
    else if (words.first == "reason")
      facts.candidates.push_back({std::string(rest.first), 0, 0, std::string(rest.second)});
    else if (words.first == "candidate") {
      CandidateFact& candidate = facts.candidates.emplace_back(CandidateFact{std::string(rest.first)});
      const std::pair<absl::string_view, absl::string_view> times =
          absl::StrSplit(rest.second, absl::MaxSplits(' ', 1));
      is_valid &= absl::SimpleAtod(times.first, &candidate.milliseconds) &&
                  absl::SimpleAtod(times.second, &candidate.nonzero_milliseconds);
    } else
      is_valid = false;
  }
  if (!is_valid || facts.strategy.empty())
    return absl::InvalidArgumentError(absl::StrCat("malformed facts of a kernel: ", text));
  return facts;
}

}  // namespace brine::codegen
