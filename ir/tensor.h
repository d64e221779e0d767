// A tensor of the interpreter: an element type, extents and the elements.
#ifndef BRINE_IR_TENSOR_H_
#define BRINE_IR_TENSOR_H_

#include <cstdint>
#include <vector>

#include "ir/type.h"

namespace brine::ir {

// The elements are in C order.  They are in `real` if the type is f32, otherwise in `integers`, and the other vector is
// empty.
template <typename Real>
struct Tensor {
  DType dtype = DType::kF32;
  std::vector<int64_t> dims;
  std::vector<Real> real;
  std::vector<int64_t> integers;

  int rank() const { return static_cast<int>(dims.size()); }
  int64_t dim(int axis) const { return dims[static_cast<size_t>(axis)]; }
  int64_t size() const {
    int64_t elements = 1;
    for (int64_t dim : dims) elements *= dim;
    return elements;
  }
};

// A tensor of zeros of the type, with n = `rows`.  The type must have passed ByteCount (type.h).
template <typename Real>
Tensor<Real> MakeTensor(const Type& type, int64_t rows) {
  Tensor<Real> tensor;
  tensor.dtype = type.dtype;
  for (Dim dim : type.shape) tensor.dims.push_back(dim == kBatch ? rows : dim);
  if (IsReal(type.dtype))
    tensor.real.resize(static_cast<size_t>(tensor.size()));
  else
    tensor.integers.resize(static_cast<size_t>(tensor.size()));
  return tensor;
}

}  // namespace brine::ir

#endif  // BRINE_IR_TENSOR_H_
