// The filter gradient of a convolution where every pixel of the result has a gradient.
#ifndef BRINE_CODEGEN_TEMPLATES_DENSE_FILTER_H_
#define BRINE_CODEGEN_TEMPLATES_DENSE_FILTER_H_

#include <optional>

#include "codegen/templates/frame.h"

namespace brine::codegen {

// The frame's conv2d_grad_filter with its reduce_sum, from `dy`; nothing for groups, columns of taps that lie apart, or
// fewer filters than a vector holds.
std::optional<ScheduledKernel> BuildDenseFilter(Frame& frame, const Tensor& dy);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_DENSE_FILTER_H_
