// A compiled program that is written by hand, with two inputs and two outputs, whose results can be computed on paper.
#ifndef BRINE_TESTS_RUNTIME_TWO_HEADS_PROGRAM_H_
#define BRINE_TESTS_RUNTIME_TWO_HEADS_PROGRAM_H_

#include "runtime/program.h"

namespace brine::testing {

// Data "left" f32[n,2] and "right" u8[n,3], labels "total_label" f32[n,1] and "kind_label" i32[n] of three classes, the
// parameter w, which begins at 1.  A batch has at most four rows.
//   total = w·(Σ left + Σ right)           total_loss = mean (total − total_label)²
//   kind = one-hot of class 1              kind_loss = mean kind_label, kind_accuracy = mean (kind_label = 1)
//   loss = total_loss + kind_loss          training: w' = w − 0.01·d total_loss / dw
extern const brine_program kTwoHeadsProgram;

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_TWO_HEADS_PROGRAM_H_
