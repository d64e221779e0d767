// What the kernel compiler reports about a kernel, and its text form in the worker's answers and in the cache.
#ifndef BRINE_CODEGEN_DRIVER_KERNEL_FACTS_H_
#define BRINE_CODEGEN_DRIVER_KERNEL_FACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace brine::codegen {

// A strategy that was considered.
struct CandidateFact {
  std::string strategy;
  double milliseconds = 0;  // the predicted time on one core
  std::string reason;       // or why it cannot build the kernel
};

struct KernelFacts {
  int64_t scratch_bytes = 0;  // the sum of its allocations on the calling thread, each rounded up to 64 bytes
  std::string strategy = {};  // the one that built it: "winograd"
  int sparse_argument = -1;   // the argument whose zeros are skipped; -1: none
  std::vector<CandidateFact> candidates = {};  // ordered by cost; those that cannot build it come last

  double predicted_milliseconds() const;  // the prediction for the strategy that built it
};

// The same facts for `times` as much work.
KernelFacts Scaled(KernelFacts facts, double times);

// A line for each candidate, for a person: "winograd 0.123 ms", "sparse: it is followed by a pool".
std::string DescribeCandidates(const KernelFacts& facts);

// Lines `scratch 64`, `strategy winograd`, `sparse 1`, `candidate winograd 0.123` and `reason sparse it is
// followed by a pool`; exact inverses.
std::string Print(const KernelFacts& facts);
absl::StatusOr<KernelFacts> ParseFacts(absl::string_view text);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_KERNEL_FACTS_H_
