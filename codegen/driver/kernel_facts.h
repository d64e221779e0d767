// The facts that the worker reports about a kernel, and their text in its answers and in the cache.
#ifndef BRINE_CODEGEN_DRIVER_KERNEL_FACTS_H_
#define BRINE_CODEGEN_DRIVER_KERNEL_FACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace brine::codegen {

// A strategy that was considered for a kernel.
struct CandidateFact {
  std::string strategy;
  double milliseconds = 0;  // the predicted time on one core, if the strategy can build the kernel
  std::string reason;       // why it cannot, as a clause; empty if it can
};

struct KernelFacts {
  int64_t scratch_bytes = 0;  // the sum of the kernel's allocations on the calling thread, each rounded up to 64 bytes
  std::string strategy = {};  // the strategy that built the kernel: "winograd"
  int sparse_argument = -1;   // the position of the argument whose zeros are skipped; -1: none
  std::vector<CandidateFact> candidates = {};  // by cost; those that cannot build it come last

  double predicted_milliseconds() const;  // the prediction for the strategy that built it
};

// The same facts with the predicted times multiplied by `factor`.
KernelFacts Scaled(KernelFacts facts, double factor);

// A line for each candidate, for a person: "winograd 0.123 ms", "sparse: it is followed by a pool".
std::string DescribeCandidates(const KernelFacts& facts);

// The facts as lines of text: `scratch 64`, `strategy winograd`, `sparse 1`, and for each candidate `candidate winograd
// 0.123` or `reason sparse it is followed by a pool`.  ParseFacts is the exact inverse of Print.  Errors
// (kInvalidArgument): a malformed text.
std::string Print(const KernelFacts& facts);
absl::StatusOr<KernelFacts> ParseFacts(absl::string_view text);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_KERNEL_FACTS_H_
