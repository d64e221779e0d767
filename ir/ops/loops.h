// Arithmetic that the interpreter's loops share.  Sizes come from the tensors, never from the shape rules, so that a
// wrong shape rule makes the interpreter disagree with the compiler.
#ifndef BRINE_IR_OPS_LOOPS_H_
#define BRINE_IR_OPS_LOOPS_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "ir/op.h"

namespace brine::ir {

// y += factor · x over `count` elements.
template <typename Real>
inline void AddScaled(Real* __restrict__ y, const Real* __restrict__ x, Real factor, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] += factor * x[i];
}

// y[j] += Σ over k of factors[k] · matrix[k, j] for j < count and k < rows.  The rows of the matrix are `stride`
// elements apart.  Terms are added in ascending order of k.  Four of them are added for each time that y is read and
// written, since these loops take most of the interpreter's time.
template <typename Real>
inline void AddProduct(Real* __restrict__ y, const Real* __restrict__ factors, const Real* __restrict__ matrix,
                       int64_t rows, int64_t stride, int64_t count) {
  int64_t k = 0;
  for (; k + 4 <= rows; k += 4) {
    const Real *a = matrix + k * stride, *b = a + stride, *c = b + stride, *d = c + stride, *f = factors + k;
    for (int64_t j = 0; j < count; ++j) y[j] = y[j] + f[0] * a[j] + f[1] * b[j] + f[2] * c[j] + f[3] * d[j];
  }
  for (; k < rows; ++k) AddScaled(y, matrix + k * stride, factors[k], count);
}

// Iterates over the elements of a result in C order.  position() is the index of the operand's element that
// broadcasting maps to the current element of the result.
class BroadcastIterator {
 public:
  BroadcastIterator(const std::vector<int64_t>& result, const std::vector<int64_t>& operand)
      : dims_(result), strides_(result.size(), 0), index_(result.size(), 0) {
    int64_t stride = 1;
    for (size_t back = 1; back <= operand.size(); ++back) {  // the axes from the last one on
      const int64_t dim = operand[operand.size() - back];
      if (dim != 1) strides_[result.size() - back] = stride;
      stride *= dim;
    }
  }

  int64_t position() const { return position_; }
  void Next() {
    for (size_t axis = dims_.size(); axis-- > 0;) {
      position_ += strides_[axis];
      if (++index_[axis] < dims_[axis]) return;
      position_ -= strides_[axis] * dims_[axis];
      index_[axis] = 0;
    }
  }

 private:
  std::vector<int64_t> dims_, strides_, index_;
  int64_t position_ = 0;
};

// y[i] = function(x[i])
template <typename Real, typename Function>
void Map(const Evaluation<Real>& evaluation, Function function) {
  const std::vector<Real>& x = evaluation.in(0).real;
  std::vector<Real>& y = evaluation.out().real;
  for (size_t i = 0; i < y.size(); ++i) y[i] = function(x[i]);
}

// y[i] = function(a[…], b[…]), where broadcasting maps i to an element of a and of b
template <typename Real, typename Function>
void MapBroadcast(const Evaluation<Real>& evaluation, Function function) {
  const Tensor<Real>&a = evaluation.in(0), &b = evaluation.in(1);
  Tensor<Real>& y = evaluation.out();
  if (a.dims == b.dims) {
    for (size_t i = 0; i < y.real.size(); ++i) y.real[i] = function(a.real[i], b.real[i]);
    return;
  }
  BroadcastIterator at_a(y.dims, a.dims), at_b(y.dims, b.dims);
  for (Real& element : y.real) {
    element = function(a.real[static_cast<size_t>(at_a.position())], b.real[static_cast<size_t>(at_b.position())]);
    at_a.Next();
    at_b.Next();
  }
}

// y[i] = function(a[…], b[…], c[…]), in the same way
template <typename Real, typename Function>
void MapBroadcastThree(const Evaluation<Real>& evaluation, Function function) {
  const Tensor<Real>&a = evaluation.in(0), &b = evaluation.in(1), &c = evaluation.in(2);
  Tensor<Real>& y = evaluation.out();
  BroadcastIterator at_a(y.dims, a.dims), at_b(y.dims, b.dims), at_c(y.dims, c.dims);
  for (Real& element : y.real) {
    element = function(a.real[static_cast<size_t>(at_a.position())], b.real[static_cast<size_t>(at_b.position())],
                       c.real[static_cast<size_t>(at_c.position())]);
    at_a.Next();
    at_b.Next();
    at_c.Next();
  }
}

// Calls visit(i, j) for each element i, in C order, of a tensor with the extents `box` and the element j of a tensor
// with the extents `whole` at the same place, if the box begins at `begin` in the whole.
template <typename Visit>
void ForEachInBox(const std::vector<int64_t>& box, const std::vector<int64_t>& begin, const std::vector<int64_t>& whole,
                  Visit visit) {
  size_t elements = 1;
  for (int64_t extent : box) elements *= static_cast<size_t>(extent);
  std::vector<int64_t> index(box.size(), 0);
  for (size_t element = 0; element < elements; ++element) {
    int64_t position = 0;
    for (size_t axis = 0; axis < index.size(); ++axis) position = position * whole[axis] + begin[axis] + index[axis];
    visit(element, static_cast<size_t>(position));
    for (size_t axis = index.size(); axis-- > 0 && ++index[axis] == box[axis];) index[axis] = 0;
  }
}

// y[to] = x[from], for tensors of one element type, by positions in C order.
template <typename Real>
void CopyElement(const Tensor<Real>& x, size_t from, Tensor<Real>& y, size_t to) {
  if (IsReal(x.dtype))
    y.real[to] = x.real[from];
  else
    y.integers[to] = x.integers[from];
}

// A tensor with four axes: an image [n, h, w, c], or a kernel [height, width, channels, filters] under the same names.
template <typename Real>
struct Grid {
  int64_t n, h, w, c;
  const Real* data;

  explicit Grid(const Tensor<Real>& tensor)
      : n(tensor.dim(0)), h(tensor.dim(1)), w(tensor.dim(2)), c(tensor.dim(3)), data(tensor.real.data()) {}
  // The index in `data` of the first channel of a pixel.
  int64_t offset(int64_t i, int64_t y, int64_t x) const { return ((i * h + y) * w + x) * c; }
};

// The extent of the last axis.  Loops over rows flatten all other axes.
template <typename Real>
int64_t RowLength(const Tensor<Real>& tensor) {
  return tensor.dims.back();
}

}  // namespace brine::ir

#endif  // BRINE_IR_OPS_LOOPS_H_
