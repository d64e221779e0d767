// The progress of Fit on stderr, in Keras's format.
#ifndef BRINE_RUNTIME_TRAINER_PROGRESS_H_
#define BRINE_RUNTIME_TRAINER_PROGRESS_H_

#include <string>

#include "runtime/trainer/trainer.h"

namespace brine {

// A callback that draws a bar at most ten times a second if stderr is a terminal, and otherwise prints a line for each
// epoch.
Callback ProgressCallback(int epochs);

// "1563/1563 ━━━━━━━━━━━━━━━━━━━━ 12s 8ms/step - accuracy: 0.4461 - loss: 1.5200".  With `ascii`, the bar consists of =
// and . instead.
std::string ProgressBar(const EpochResult& result, bool ascii);
// "Epoch 1/10 - 12s - 8ms/step - accuracy: 0.4461 - loss: 1.5200 - val_accuracy: 0.5012 - val_loss: 1.3921"
std::string ProgressLine(const EpochResult& result, int epochs);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_PROGRESS_H_
