// The shape rules of convolutions and pools: how many positions a window has in an image.  The loops of the interpreter
// do not use this header (rules.h says why).
#ifndef BRINE_IR_OPS_WINDOW_H_
#define BRINE_IR_OPS_WINDOW_H_

#include <vector>

#include "absl/status/statusor.h"
#include "ir/op.h"

namespace brine::ir {

// The shape [n, h', w', f] of a convolution of `image` [n, h, w, c] with `kernel` [kh, kw, c / groups, f].
// Error: the attributes, the image and the kernel do not fit together.
absl::StatusOr<Shape> ConvolutionShape(const Attributes& attributes, const Shape& image, const Shape& kernel);

// The shape rule of a pool, whose first operand is x [n, h, w, c]: the shape [n, h', w', c] of its results.
absl::StatusOr<Shape> InferPool(const OpTypes& types);

// The shape rule of a pool's gradient, whose first operand is dy [n, h', w', c]: the shape [n, h, w, c] of dx.
absl::StatusOr<Shape> InferPoolGrad(const OpTypes& types);

// The element type of a max-pool's index: u8 if the window has at most 256 cells, else i32.
DType ArgmaxDType(const Attributes& attributes);

// Fails unless the windows of a pool neither overlap nor are padded, and have at most kMaxMaskedCells cells:
// relu_avg_pool keeps one bit of a u8 mask for each.
absl::Status ExpectMaskedPool(const Attributes& attributes);
inline constexpr int64_t kMaxMaskedCells = 8;

// The shape [n, h, w, channels] of the operand of the convolution or pool whose gradient is `dy`: n is that of dy, and
// [h, w] is the attribute input_size.
absl::StatusOr<Shape> ImageOf(const Attributes& attributes, const Type& dy, int64_t channels);

absl::Status ExpectKernel(const Type& w);  // f32 [kh, kw, c / groups, f]

// The schemas of the forward ops.  A backward op has one attribute more, which With() appends.
std::vector<AttributeSpec> ConvolutionAttributes();
std::vector<AttributeSpec> PoolAttributes();
std::vector<AttributeSpec> With(std::vector<AttributeSpec> schema, AttributeSpec more);
AttributeSpec InputSizeAttribute();

// The attributes of a backward op: those of its forward op, whose input is `image`, and input_size.
Attributes WithInputSize(Attributes attributes, const Type& image);
Attributes WithKernelSize(Attributes attributes, const Type& kernel);  // and kernel_size, that of `kernel`

// The attributes of the convolution to which a backward op with these attributes belongs.
Attributes OfConvolution(const Attributes& attributes);

// The operations of a convolution to y, or of one of its gradients; a multiply-add counts as two.
int64_t ConvolutionFlops(const Shape& kernel, const Type& y, int64_t rows);

int64_t PoolCells(const Attributes& attributes);  // the number of cells of a window

// The cost rule of a pool: one operation for each cell of each window.
int64_t PoolFlops(const OpTypes& types, absl::Span<const Type> outputs, int64_t rows);

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_WINDOW_H_
