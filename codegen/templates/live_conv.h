// Convolutions of pictures that a ReLU or its gradient made, half of whose elements are zero or more: only the others
// are multiplied.
//
// The live channels of each pixel are listed.  Then, for one tap of the kernel after another, the results of a chunk of
// lines walk the lists of the pixels under that tap: one row of the tap's weights, as many vectors of filters as
// registers hold, for each entry.  The weights of a tap and the sums of a chunk share the first-level cache, up to 64
// channels with AVX-512 and 128 with AVX2.
//
// A walk loads a vector for each multiply-add, so with no zeros at all this takes a third longer than a dense
// convolution.
#ifndef BRINE_CODEGEN_TEMPLATES_LIVE_CONV_H_
#define BRINE_CODEGEN_TEMPLATES_LIVE_CONV_H_

#include <functional>

#include "codegen/templates/frame.h"

namespace brine::codegen {

// Over the channels of `picture`, for results of `shape`.
bool FitsLiveConv(const ir::Attributes& attributes, const ir::Type& picture, const ir::Shape& shape,
                  const Machine& machine);

// out[n, i, j, f] = epilogue(at, Σ over a, b, c of picture[n, p, q, c] · weight(a, b, c, f)), of the shape given;
// scheduled.  Forward, p = i·stride + a·dilation − pad; turned, as the data gradient needs it, p·stride = i + pad − a.
// q likewise.
struct LiveConvolution {
  const Tensor& picture;
  const Window& window;
  const ir::Shape& shape;
  bool turned;
  std::function<Halide::Expr(const Halide::Expr& a, const Halide::Expr& b, const Halide::Expr& c,
                             const Halide::Expr& f)>
      weight;
  std::function<Halide::Expr(const Picture& at, const Halide::Expr& sum)> epilogue;
};
Halide::Func LiveConv(const LiveConvolution& convolution, const Machine& machine);

}  // namespace brine::codegen

#endif  // BRINE_CODEGEN_TEMPLATES_LIVE_CONV_H_
