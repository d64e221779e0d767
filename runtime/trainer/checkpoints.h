// A folder of checkpoints: files step-N.safetensors, where N is the number of steps done.  The newest two are kept.
#ifndef BRINE_RUNTIME_TRAINER_CHECKPOINTS_H_
#define BRINE_RUNTIME_TRAINER_CHECKPOINTS_H_

#include <string>
#include <vector>

#include "runtime/trainer/fit_loop.h"

namespace brine {

// What a resumed run must have in common with the earlier one to continue in the middle of an epoch.
struct FitShape {
  int64_t batch_size, accumulation, samples;
  bool shuffle;
};

// A lock on a folder of checkpoints, to which one run at a time may write.  The system releases the lock when the
// process ends, even if it is killed.  The empty file `lock` stays in the folder.
class FolderLock {
 public:
  // Throws Error if a run that resumes finds no checkpoint in the folder, if a new run finds one, which it would delete
  // in time, and if another run has the lock.  Creates the folder for a new run if it is missing.
  FolderLock(const std::string& folder, bool resume);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;
};

// Writes a checkpoint and deletes all but the newest two.  Creates the folder if it is missing.  Throws Error.
void SaveCheckpoint(brine_state* state, const std::string& folder, const FitPosition& position, const FitShape& shape);

// Restores the newest checkpoint that is not damaged, and returns the position of its run.  Warns on stderr about each
// damaged one that is newer, and if the program has other kernels than the run had.  Throws Error if there is no such
// checkpoint, and if it is of another model or does not go with `shape`.  The first of several ranks reads it for all.
FitPosition LoadNewestCheckpoint(const Ranks& ranks, brine_state* state, const std::string& folder,
                                 const FitShape& shape);

struct CheckpointEntry {
  uint64_t step;
  std::string path;
};

// The checkpoints of a folder, the newest first.  There are none if the folder does not exist.  Throws Error if it
// cannot be listed, since it may then hold some.
std::vector<CheckpointEntry> ListCheckpoints(const std::string& folder);

// The file in the folder for the state of the best epoch, which is kept until another is better.
std::string BestFile(const std::string& folder);

// The path of the newest checkpoint that is not damaged, in the folder or, if it is that of a run, in its folder
// `checkpoints`.  Warns about damaged ones, and throws Error if there is none.
std::string NewestCheckpoint(const std::string& folder);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_CHECKPOINTS_H_
