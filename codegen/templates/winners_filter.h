// The filter gradient of a convolution, from the winners of the max-pool behind it, or from what a ReLU behind it let
// through.
//
// In memory the taps of a kernel's row times the channels are one run of floats, kw·C long, at every position: a winner
// adds its gradient times kh runs of x to its filter's sums.  A run is cut into vectors, the last one shifted inwards;
// as many of them as registers can hold stay there while a filter's winners of one picture are walked.
//
// Where the whole kernel is short, as over the three channels of a first layer, the taps under each pixel are copied
// behind each other first: fewer vectors a winner, all of them aligned.
//
// A task is a block of filters over a part of the batch.  Each part has sums of its own, which are added in order at
// the end, so that the result does not depend on who computed what.
#ifndef BRINE_CODEGEN_TEMPLATES_WINNERS_FILTER_H_
#define BRINE_CODEGEN_TEMPLATES_WINNERS_FILTER_H_

#include <optional>

#include "codegen/templates/winners.h"

namespace brine::codegen {

// The frame's conv2d_grad_filter with its reduce_sum; nothing where sums do not fit the registers, or lists would cost
// more than they save.
std::optional<ScheduledKernel> BuildWinnersFilter(Frame& frame, const Winners& winners);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_WINNERS_FILTER_H_
