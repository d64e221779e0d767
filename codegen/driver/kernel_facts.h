// The facts that the worker reports about a kernel, and their text in its answers and in the cache.
#ifndef BRINE_CODEGEN_DRIVER_KERNEL_FACTS_H_
#define BRINE_CODEGEN_DRIVER_KERNEL_FACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace brine::codegen {

// The expected share of nonzero elements in the result of a ReLU, in its gradient, and in the gradient that reaches the
// argmax positions of a max-pool.
inline constexpr double kNonzeroShare = 0.3;

// A strategy that was considered for a kernel.
struct CandidateFact {
  std::string strategy;
  double milliseconds = 0;          // the predicted time on one core, if the strategy can build the kernel
  double nonzero_milliseconds = 0;  // what depends on the zeros of the sparse operand: as long as if it had none
  std::string reason = {};          // why it cannot, as a clause; empty if it can

  // The predicted time if the sparse operand has this share of nonzero elements.
  double At(double nonzero_share) const {
    return milliseconds + (nonzero_share - kNonzeroShare) * nonzero_milliseconds;
  }
};

struct KernelFacts {
  int64_t scratch_bytes = 0;  // the sum of the kernel's allocations on the calling thread, each rounded up to 64 bytes
  std::string strategy = {};  // the strategy that built the kernel: "winograd"
  int sparse_argument = -1;   // the position of the argument whose zeros are skipped; -1: none
  std::vector<CandidateFact> candidates = {};  // by cost; those that cannot build it come last

  const CandidateFact& built() const;  // the candidate of the strategy that built it
};

// The same facts with the predicted times multiplied by `factor`, and then increased by `milliseconds`.
KernelFacts Adjusted(KernelFacts facts, double factor, double milliseconds);

// A line for each candidate, for a person: "winograd 0.123 ms", "sparse: it is followed by a pool".
std::string DescribeCandidates(const KernelFacts& facts);

// The facts as lines of text: `scratch 64`, `strategy winograd`, `sparse 1`, and for each candidate `candidate winograd
// 0.123 0.1` or `reason sparse it is followed by a pool`.  ParseFacts is the exact inverse of Print.  Errors
// (kInvalidArgument): a malformed text.
std::string Print(const KernelFacts& facts);
absl::StatusOr<KernelFacts> ParseFacts(absl::string_view text);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_DRIVER_KERNEL_FACTS_H_
