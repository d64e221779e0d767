// Dilated convolutions without strides, and their gradients, as convolutions whose taps are adjacent.  With dilation d,
// a result reads only pixels whose coordinates have the same remainder by d.  The pixels of one remainder are a phase,
// an image in which the taps are adjacent.  Along one axis, with K taps,
//   x′[(n, p), v] = x[n, v·d + p − pad]         y′[(n, p), v] = y[n, v·d + p] = Σ over a of x′[(n, p), v + a] · w[a]
// For the input gradient, the phases are those of dx, and dy has a border of K − 1 zeros:
//   dy′[(n, p), v] = dy[n, (v − (K − 1))·d + p + pad]
//   dx′[(n, p), v] = dx[n, v·d + p] = Σ over a of dy′[(n, p), v + K − 1 − a] · w[a]
// The phases of all images are a batch, for which another strategy builds the convolution.
#ifndef BRINE_CODEGEN_HALIDE_CONV_PHASES_H_
#define BRINE_CODEGEN_HALIDE_CONV_PHASES_H_

#include <string>

#include "codegen/halide/cost.h"
#include "codegen/halide/kernel_builder.h"

namespace brine::codegen {

// *phases*, the forward convolution and both gradients.
std::string CanPhases(const KernelSpec& spec, const Machine& machine);
Work CostPhases(const KernelSpec& spec, const Machine& machine);
ScheduledKernel BuildPhases(KernelBuilder& builder);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_HALIDE_CONV_PHASES_H_
