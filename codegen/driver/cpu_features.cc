#include "codegen/driver/cpu_features.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ir/check.h"

namespace brine::codegen {
namespace {

struct Row {
  absl::string_view feature;       // as targets name it
  std::vector<std::string> tests;  // the names of its tests in runtime/core/cpu.cc
};

const std::vector<Row>& Rows() {
  static const auto* const rows = new std::vector<Row>{
      {"sse41", {"sse4.1"}},
      {"avx", {"avx"}},
      {"avx2", {"avx2"}},
      {"fma", {"fma"}},
      {"f16c", {"f16c"}},
      {"avx512", {"avx512f", "avx512cd"}},
      {"avx512_skylake", {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq"}},
      {"avx512_cannonlake", {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq", "avx512ifma", "avx512vbmi"}},
      {"avx512_zen4",
       {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq", "avx512vbmi2", "avx512vnni", "avx512bf16"}},
      {"avx512_zen5",
       {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq", "avx512vbmi2", "avx512vnni", "avx512bf16"}},
      {"avx512_sapphirerapids",
       {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq", "avx512bf16", "avx512vnni"}},
  };
  return *rows;
}

// The row of a feature; null if there is none.
const Row* FindRow(absl::string_view feature) {
  const auto found = std::find_if(Rows().begin(), Rows().end(), [&](const Row& row) { return row.feature == feature; });
  return found == Rows().end() ? nullptr : &*found;
}

// The words of a target that name something a processor may lack: all but the architecture, the bits and the system,
// and the processor for which code is tuned.
std::vector<absl::string_view> FeaturesOf(absl::string_view target) {
  std::vector<absl::string_view> words = absl::StrSplit(target, '-');
  words.erase(words.begin(), words.begin() + std::min<std::ptrdiff_t>(3, std::ssize(words)));
  std::erase_if(words, [](absl::string_view word) { return absl::StartsWith(word, "tune_"); });
  return words;
}

}  // namespace

std::vector<std::string> CpuFeatures(absl::string_view target) {
  std::vector<std::string> result;
  std::set<std::string> seen;
  for (absl::string_view feature : FeaturesOf(target)) {
    const Row* const row = FindRow(feature);
    BRINE_CHECK(row != nullptr);
    for (const std::string& name : row->tests) {
      if (seen.insert(name).second) result.push_back(name);
    }
  }
  return result;
}

std::vector<std::string> UntestableFeatures(absl::string_view target) {
  std::vector<std::string> result;
  for (absl::string_view feature : FeaturesOf(target)) {
    if (FindRow(feature) == nullptr) result.emplace_back(feature);
  }
  return result;
}

std::string TestableTarget(absl::string_view target) {
  const std::vector<std::string> untestable = UntestableFeatures(target);
  std::vector<absl::string_view> words = absl::StrSplit(target, '-');
  std::erase_if(words, [&](absl::string_view word) {
    return std::find(untestable.begin(), untestable.end(), word) != untestable.end();
  });
  return absl::StrJoin(words, "-");
}

std::vector<std::string> TestableFeatures() {
  std::vector<std::string> result;
  for (const Row& row : Rows()) result.emplace_back(row.feature);
  return result;
}

}  // namespace brine::codegen
