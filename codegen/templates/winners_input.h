// The data gradient of a convolution, from the winners of the max-pool behind it, or from what a ReLU behind it let
// through.
//
// The windows of a pool do not overlap, and of a window only one cell of each filter has a gradient.  So the live
// filters of every window are listed by the cell that won; then, for one vector of channels, the pixels that the cells
// of one row of the window can reach stay in registers while those lists are walked, and are added to those channels'
// gradient of the picture, which lies on the task's stack.
#ifndef BRINE_CODEGEN_TEMPLATES_WINNERS_INPUT_H_
#define BRINE_CODEGEN_TEMPLATES_WINNERS_INPUT_H_

#include <optional>

#include "codegen/templates/winners.h"

namespace brine::codegen {

// The frame's conv2d_grad_input with its relu_grad; nothing where sums do not fit the registers, or lists would cost
// more than they save.
std::optional<ScheduledKernel> BuildWinnersInput(Frame& frame, const Winners& winners);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_WINNERS_INPUT_H_
