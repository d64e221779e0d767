// Arrays as numpy.save writes them.
#ifndef BRINE_RUNTIME_TRAINER_NPY_H_
#define BRINE_RUNTIME_TRAINER_NPY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/trainer/dataset.h"

namespace brine {

struct Array {
  std::vector<int64_t> shape;
  ElementType type = ElementType::kByte;
  std::vector<uint8_t> bytes;     // of uint8 arrays
  std::vector<int32_t> integers;  // of int32 and int64 arrays
  std::vector<float> reals;       // of float32 and float64 arrays

  Labels elements() const;  // all of them, in C order
};

// Reads versions 1–3 with C order and dtype uint8, int32, int64 (of the range of int32), float32 or float64 (rounded to
// float32), little-endian.  Throws Error.
Array ReadNpy(const std::string& path);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_NPY_H_
