// Pixels of images at positions between pixels or outside of the image, for the ops with the attributes of
// ir/ops/sampling.h.
#ifndef BRINE_CODEGEN_HALIDE_OPS_SAMPLING_H_
#define BRINE_CODEGEN_HALIDE_OPS_SAMPLING_H_

#include "codegen/halide/algorithm.h"

namespace brine::codegen {

// The channel Axis(0) of image `n` of the first operand at a position, which is a float.  It has the operand's type.
Halide::Expr SampleImage(const LoweringContext& context, const Halide::Expr& n, const Halide::Expr& row,
                         const Halide::Expr& column);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_OPS_SAMPLING_H_
