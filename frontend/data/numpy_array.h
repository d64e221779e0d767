// An array of numpy as samples: what lies at each index of its first axis.
#ifndef BRINE_FRONTEND_DATA_NUMPY_ARRAY_H_
#define BRINE_FRONTEND_DATA_NUMPY_ARRAY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/trainer/dataset.h"
#include "runtime/trainer/mapped_file.h"
#include "runtime/trainer/npy.h"

namespace brine {

struct NumpyType;

// Elements of any width and byte order, in C or Fortran order, which are converted when a sample is read.
class NumpyArray {
 public:
  // Throws Error if the bytes are not those of an array of numbers with one axis or more.
  explicit NumpyArray(FileBytes file);

  const std::string& place() const { return file_.path; }
  const std::vector<int64_t>& shape() const { return header_.shape; }
  std::string ShapeText() const;  // as numpy prints it: "(60000, 28, 28)"
  int64_t count() const { return header_.shape[0]; }
  int64_t elements() const { return elements_; }  // of a sample

  // The type that holds the elements as they are: bool and uint8 are bytes, and other whole numbers integers.
  ElementType type() const;

  // Writes a sample as elements of `type`, in C order.  Integers have 32 bits.  Throws Error that names the sample and
  // the element if one cannot be written so: it is out of range, not whole, or not finite.
  void Read(int64_t sample, ElementType type, void* target) const;
  // Whether a sample can be written so.
  bool Fits(int64_t sample, ElementType type, void* target) const;

 private:
  // Returns the first element that does not fit, or −1.
  int64_t Convert(int64_t sample, ElementType type, void* target) const;

  FileBytes file_;
  NpyHeader header_;
  const NumpyType* type_ = nullptr;
  bool swapped_ = false;  // whether the bytes of an element are in the other order than this machine's
  int64_t elements_ = 1;
  // In Fortran order, where the elements of the first sample are in the array; otherwise they follow one another.
  std::vector<int64_t> positions_;
};

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_NUMPY_ARRAY_H_
