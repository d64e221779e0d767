// Finds the fastest strategy for each kernel of a training step by timing.
#ifndef BRINE_FRONTEND_CLI_TUNE_H_
#define BRINE_FRONTEND_CLI_TUNE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "frontend/cli/session.h"

namespace brine::cli {

constexpr int64_t kDefaultTuneSeconds = 120, kMostTuneSeconds = 86400;

struct Findings {
  std::string text;   // for a person: a line for each kernel whose strategy changes, and a line about the step
  absl::Status kept;  // whether the cache could be written
};

// Times the candidates for each kernel of `train`, the planned training step, in programs that train: in the first one
// every kernel is built by the strategy of the least predicted cost, in the next one by the second, and so on, so a few
// programs time all of them among real operands and with the caches as the other kernels leave them.  A candidate is
// compared with the interpreter before it is timed, and left out if its results are wrong.  The first program is always
// timed, and another one only if it is going to end within `seconds` of the start.
//
// After that, the step with the fastest strategies is timed against that with the cheapest ones.  If it is faster, the
// strategies are kept in the session's cache (codegen/driver/tuning.h).  With `all`, the text lists each candidate with
// its predicted and its measured time.  What it is doing is written to standard error.
absl::StatusOr<Findings> Tune(const Session& session, const Prepared& prepared, const ir::Graph& train,
                              const std::string& target, int64_t seconds, bool all);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_TUNE_H_
