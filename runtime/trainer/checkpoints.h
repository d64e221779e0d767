// A folder of checkpoints: step-N.safetensors, N the steps done, of which the newest two are kept.
#ifndef BRINE_RUNTIME_TRAINER_CHECKPOINTS_H_
#define BRINE_RUNTIME_TRAINER_CHECKPOINTS_H_

#include <string>
#include <vector>

#include "runtime/trainer/fit_loop.h"

namespace brine {

// What must be equal for a run to continue in the middle of an epoch.
struct FitShape {
  int64_t batch_size, samples;
  bool shuffle;
};

// A lock on a run's folder, which one run at a time may write to.  The system releases it when the process ends,
// however it ends.  The lock leaves the empty file `lock` in the folder.
class FolderLock {
 public:
  // A run that resumes finds checkpoints in the folder; a new one finds none, since it would throw them away, and makes
  // the folder where it is missing.  Throws Error otherwise, and when another run holds the lock.
  FolderLock(const std::string& folder, bool resume);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;
};

// Creates the folder if it is missing.
void SaveCheckpoint(brine_state* state, const std::string& folder, const FitPosition& position, const FitShape& shape);

// Restores the newest checkpoint that is whole and returns where its run stood.  Warns on stderr about each one passed
// over, and when the program's kernels differ from those that made it.  Throws Error when there is none, and when it is
// of another model.
FitPosition LoadNewestCheckpoint(brine_state* state, const std::string& folder, const FitShape& shape);

// The newest whole checkpoint's path; the same warnings and errors.
std::string NewestCheckpoint(const std::string& folder);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_CHECKPOINTS_H_
