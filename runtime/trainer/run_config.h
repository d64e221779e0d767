// The configuration of a run, as the text of a protobuf message.
#ifndef BRINE_RUNTIME_TRAINER_RUN_CONFIG_H_
#define BRINE_RUNTIME_TRAINER_RUN_CONFIG_H_

#include <string>

#include "runtime/trainer/run_folder.h"
#include "runtime/trainer/trainer.h"

namespace brine {

// The message brine.run.Config of frontend/cli/run.proto: the options, and what is known of the program, of the call of
// Fit that runs, and of this machine.  The start of the run is now.  `names` has the results that epochs will have.
std::string ConfigText(Trainer& trainer, const RunFolderOptions& options, const EpochResult& names);

// A field of that message, for the end of the text: that the run is resumed now, after so many epochs.
std::string ResumedText(Trainer& trainer, const RunFolderOptions& options, int epochs_done);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_RUN_CONFIG_H_
