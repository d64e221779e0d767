// The shape rules of convolutions and pools: how many places a window has in an image.  Interpreter loops do not
// include this.
#ifndef BRINE_IR_OPS_WINDOW_H_
#define BRINE_IR_OPS_WINDOW_H_

#include <vector>

#include "absl/status/statusor.h"
#include "ir/op.h"

namespace brine::ir {

// [n, h', w', f] of a convolution of `image` [n, h, w, c] with `kernel` [kh, kw, c / groups, f], or why it does not
// fit.
absl::StatusOr<Shape> ConvolutionShape(const Attributes& attributes, const Shape& image, const Shape& kernel);

// The shape rule of a pool over x, the first operand: the shape of its results.
absl::StatusOr<Shape> InferPool(const OpTypes& types);

// The shape rule of a pool's gradient from dy, the first operand: the shape of dx.
absl::StatusOr<Shape> InferPoolGrad(const OpTypes& types);

// Element type of a max-pool's index: u8 where the window has at most 256 cells, else i32.
DType ArgmaxDType(const Attributes& attributes);

// Fails unless the windows of a pool are non-overlapping, unpadded, and have at most kMaxMaskedCells cells, one bit of
// a u8 mask each.
absl::Status ExpectMaskedPool(const Attributes& attributes);
inline constexpr int64_t kMaxMaskedCells = 8;

// The shape of the image whose window op gave `dy`: its rows and channels are given, its size is the attribute
// input_size.
absl::StatusOr<Shape> ImageOf(const Attributes& attributes, const Type& dy, int64_t channels);

absl::Status ExpectKernel(const Type& w);  // f32 [kh, kw, c / groups, f]

// Schemas.  The backward ops add one attribute of their own.
std::vector<AttributeSpec> ConvolutionAttributes();
std::vector<AttributeSpec> PoolAttributes();
std::vector<AttributeSpec> With(std::vector<AttributeSpec> schema, AttributeSpec more);
AttributeSpec InputSizeAttribute();

// The attributes of a backward op: those of its forward op, whose input is `image`, and input_size.
Attributes WithInputSize(Attributes attributes, const Type& image);

int64_t ConvolutionFlops(const Shape& kernel, const Type& y, int64_t rows);             // a multiply-add is two
int64_t PoolCells(const Attributes& attributes);                                        // of one window
int64_t PoolFlops(const OpTypes& types, absl::Span<const Type> outputs, int64_t rows);  // one for each cell

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_WINDOW_H_
