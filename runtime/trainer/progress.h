// Keras's line on stderr while Fit runs.
#ifndef BRINE_RUNTIME_TRAINER_PROGRESS_H_
#define BRINE_RUNTIME_TRAINER_PROGRESS_H_

#include <string>

#include "runtime/trainer/trainer.h"

namespace brine {

// On a terminal, a bar that is redrawn at most ten times a second; elsewhere, one line for each epoch.
Callback ProgressCallback(int epochs);

// "1563/1563 ━━━━━━━━━━━━━━━━━━━━ 12s 8ms/step - accuracy: 0.4461 - loss: 1.5200"; a bar of 20 characters, = and . when
// `ascii`.
std::string ProgressBar(const EpochResult& result, bool ascii);
// "Epoch 1/10 - 12s - 8ms/step - accuracy: 0.4461 - loss: 1.5200 - val_accuracy: 0.5012 - val_loss: 1.3921"
std::string ProgressLine(const EpochResult& result, int epochs);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_PROGRESS_H_
