// The progress of Fit on stderr, in Keras's format.
#ifndef BRINE_RUNTIME_TRAINER_PROGRESS_H_
#define BRINE_RUNTIME_TRAINER_PROGRESS_H_

#include <span>
#include <string>

#include "runtime/trainer/trainer.h"

namespace brine {

enum class ProgressForm {
  kAuto,  // a bar if stderr is a terminal on which it can be drawn, and otherwise lines
  kBar,   // drawn at most ten times a second; at the end of the run, curves of its losses
  kLine,  // a line for each epoch
  kJson,  // an object for each epoch
  kNone
};
struct ProgressFormRow {
  const char* name;  // as the value of --progress
  ProgressForm form;
};
inline constexpr ProgressFormRow kProgressForms[] = {{"auto", ProgressForm::kAuto},
                                                     {"bar", ProgressForm::kBar},
                                                     {"line", ProgressForm::kLine},
                                                     {"json", ProgressForm::kJson},
                                                     {"none", ProgressForm::kNone}};

Callback ProgressCallback(int epochs, ProgressForm form = ProgressForm::kAuto);

// "1563/1563 ━━━━━━━━━━━━━━━━━━━━ 12s 8ms/step - accuracy: 0.4461 - loss: 1.5200".  Until all batches are done, the
// time that is left takes the place of the time that has passed.  With `ascii`, the bar consists of = and . instead. If
// the line has more than `columns` columns, which is not 0, the bar becomes shorter, and then results are left out.
std::string ProgressBar(const EpochResult& result, bool ascii, int columns = 0);
// "Epoch 1/10 - 12s - 8ms/step - accuracy: 0.4461 - loss: 1.5200 - val_accuracy: 0.5012 - val_loss: 1.3921"
std::string ProgressLine(const EpochResult& result, int epochs);
// {"epoch": 1, "loss": 1.52, "accuracy": 0.4461, "val_loss": 1.3921, "val_accuracy": 0.5012, "seconds": 12.3}
// Several ranks also have their EpochResult::communication_seconds and waiting_seconds.
std::string ProgressJson(const EpochResult& result);

// "▇▅▃▂▁▁": a character for each number, or for the mean of several if there are more than `columns`; with `ascii`,
// characters of different height: "#*-_".  The smallest number has the lowest character, the largest the highest.
// Numbers that are not finite are spaces.
std::string Sparkline(std::span<const double> numbers, int columns, bool ascii);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_PROGRESS_H_
