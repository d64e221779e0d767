// Layers that take several tensors.
#ifndef BRINE_FRONTEND_BRINE_MERGING_H_
#define BRINE_FRONTEND_BRINE_MERGING_H_

#include <cstdint>
#include <string>

#include "arguments.h"
#include "tensor.h"

namespace brine {

// Each of the next six takes two or more tensors, element by element; Subtract takes two.  Along each axis, extents are
// equal, or are stretched from 1.  A tensor with fewer axes than another gets axes of extent 1 after n: [n, c] and
// [n, h, w, c] meet as [n, 1, 1, c] and [n, h, w, c].
Tensor Add(const Tensors& tensors, Named options = {}, Line line = Line::current());       // a + b + …
Tensor Subtract(const Tensors& tensors, Named options = {}, Line line = Line::current());  // a − b
Tensor Multiply(const Tensors& tensors, Named options = {}, Line line = Line::current());  // a·b·…
Tensor Average(const Tensors& tensors, Named options = {}, Line line = Line::current());   // the mean of a, b, …
Tensor Maximum(const Tensors& tensors, Named options = {}, Line line = Line::current());   // the largest of a, b, …
Tensor Minimum(const Tensors& tensors, Named options = {}, Line line = Line::current());   // the least of a, b, …

// Concatenates tensors along an axis.  They must agree in all other axes.
struct ConcatenateOptions {
  std::int64_t axis = -1;  // from 1, since axis 0 is n; negative numbers count from the end
  std::string name = {};
};
Tensor Concatenate(const Tensors& tensors, ConcatenateOptions options = {}, Line line = Line::current());

namespace internal {
// The right operand of an operator, with the source line of the expression.
struct LocatedTensor {
  const Tensor& tensor;
  Line line;
  LocatedTensor(const Tensor& operand, Line current = Line::current()) : tensor(operand), line(current) {}
};
}  // namespace internal
inline Tensor operator+(const Tensor& a, internal::LocatedTensor b) { return Add({a, b.tensor}, {}, b.line); }
inline Tensor operator-(const Tensor& a, internal::LocatedTensor b) { return Subtract({a, b.tensor}, {}, b.line); }
inline Tensor operator*(const Tensor& a, internal::LocatedTensor b) { return Multiply({a, b.tensor}, {}, b.line); }

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_MERGING_H_
