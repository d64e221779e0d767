// Reads files of numpy.save.
#ifndef BRINE_RUNTIME_TRAINER_NPY_H_
#define BRINE_RUNTIME_TRAINER_NPY_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/trainer/dataset.h"

namespace brine {

// What the bytes of a file say about their array.
struct NpyHeader {
  std::vector<int64_t> shape;
  std::string_view type;  // as numpy spells it: "<f4"
  bool fortran_order = false;
  int64_t elements = 1;
  std::span<const uint8_t> data;  // all bytes behind the header
};

// Reads the header of a file of the versions 1 to 3, whose bytes must outlive the result.  `path` names the file in
// messages.  Throws Error if the header cannot be read, or needs another number of bytes than the file has.
NpyHeader ParseNpy(const std::string& path, std::span<const uint8_t> bytes);

struct Array {
  std::vector<int64_t> shape;
  ElementType type = ElementType::kByte;
  // The elements in C order.  Only the vector of the type is not empty.
  std::vector<uint8_t> bytes;
  std::vector<int32_t> integers;
  std::vector<float> reals;

  Labels elements() const;  // the vector of the type
};

// Reads a file of the versions 1 to 3 in C order, whose elements are little-endian uint8, int32, int64, float32 or
// float64. int64 must be in the range of int32, and float64 is rounded to float32.  Throws Error if the file is another
// one.
Array ReadNpy(const std::string& path);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_NPY_H_
