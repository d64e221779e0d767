// Convolutions, forward, of pictures that a ReLU made, half of whose elements are zero or more: only the others are multiplied.
//
// The live channels of each pixel are listed.  Then, for one tap of the kernel after another, the results of a chunk of lines walk the lists of the
// pixels under that tap: one row of the tap's weights, as many vectors of filters as registers hold, for each entry.  The weights of a tap and
// the sums of a chunk share the first-level cache.
//
// A walk loads a vector for each multiply-add, so with no zeros at all this takes a third longer than a dense convolution.
#ifndef BRINE_CODEGEN_TEMPLATES_LIVE_CONV_H_
#define BRINE_CODEGEN_TEMPLATES_LIVE_CONV_H_

#include <functional>

#include "codegen/templates/frame.h"

namespace brine::codegen {

bool FitsLiveConv(const ir::Attributes& attributes, const ir::Type& picture, const ir::Shape& kernel, const Machine& machine);

// As DirectConv.
Halide::Func LiveConv(Frame& frame, const Tensor& picture, const Tensor& w, const Window& window, const ir::Shape& shape,
                      const std::function<Halide::Expr(const Picture& at, const Halide::Expr& sum)>& epilogue);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_LIVE_CONV_H_
