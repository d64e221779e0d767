// What the log of a run says of the state after an epoch.
#ifndef BRINE_RUNTIME_TRAINER_NORMS_H_
#define BRINE_RUNTIME_TRAINER_NORMS_H_

#include "runtime/trainer/json.h"
#include "runtime/trainer/trainer.h"

namespace brine {

// By the name of each parameter that is trained: the L2 norm √(Σ x²), summed in double, of the parameter
// (BRINE_PARAMETERS), or of its gradient in the last step (BRINE_GRADIENTS), which is the mean over that step's shards.
NamedNumbers Norms(Trainer& trainer, brine_block block);

// The learning rate of the last step, also if it follows a schedule.  NaN if the program has none.
double LastLearningRate(Trainer& trainer);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_NORMS_H_
