// A folder of checkpoints: step-N.safetensors, N the steps done, of which the newest two are kept.
#ifndef BRINE_RUNTIME_TRAINER_CHECKPOINTS_H_
#define BRINE_RUNTIME_TRAINER_CHECKPOINTS_H_

#include <string>
#include <vector>

#include "runtime/trainer/fit_loop.h"

namespace brine {

// What must be the same for a run to go on in the middle of an epoch.
struct FitShape {
  int64_t batch_size, samples;
  bool shuffle;
};

// Creates the folder where it is missing.
void SaveCheckpoint(brine_state* state, const std::string& folder, const FitPosition& position, const FitShape& shape);

// Restores the newest checkpoint that is whole and returns where its run stood.  Warns on stderr about each one passed
// over, and when the program's kernels differ from those that made it.  Throws Error when there is none, and when it is
// of another model.
FitPosition LoadNewestCheckpoint(brine_state* state, const std::string& folder, const FitShape& shape);

// The newest whole checkpoint's path; the same warnings and errors.
std::string NewestCheckpoint(const std::string& folder);

// Throws Error when the folder holds checkpoints: a new run would throw away those of an old one.
void RequireNoCheckpoints(const std::string& folder);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_CHECKPOINTS_H_
