// Reads data sets as numbers, for comparison.
#ifndef BRINE_TESTS_DATA_SAMPLES_H_
#define BRINE_TESTS_DATA_SAMPLES_H_

#include <cstring>
#include <vector>

#include "runtime/trainer/dataset.h"

namespace brine {

inline double ElementAt(const uint8_t* bytes, ElementType type, size_t index) {
  if (type == ElementType::kByte) return bytes[index];
  int32_t integer = 0;
  float real = 0;
  std::memcpy(&integer, bytes + 4 * index, 4);
  std::memcpy(&real, bytes + 4 * index, 4);
  return type == ElementType::kInteger ? integer : real;
}

// The elements of a field of one sample, which is read alone.
inline std::vector<double> ReadSample(const Dataset& data, int64_t index, size_t field) {
  std::vector<std::vector<uint8_t>> bytes;
  std::vector<void*> targets;
  for (const Field& part : data.fields()) bytes.emplace_back(static_cast<size_t>(part.elements * ByteCount(part.type)));
  for (auto& part : bytes) targets.push_back(part.data());
  const int64_t at = data.first() + index;
  data.source().Read({&at, 1}, targets);
  std::vector<double> numbers;
  for (size_t element = 0; element < static_cast<size_t>(data.fields()[field].elements); ++element)
    numbers.push_back(ElementAt(bytes[field].data(), data.fields()[field].type, element));
  return numbers;
}

// The elements of a field of all samples.
inline std::vector<double> ReadAll(const Dataset& data, size_t field) {
  std::vector<double> numbers;
  for (int64_t index = 0; index < data.size(); ++index) {
    const std::vector<double> sample = ReadSample(data, index, field);
    numbers.insert(numbers.end(), sample.begin(), sample.end());
  }
  return numbers;
}

}  // namespace brine

#endif  // BRINE_TESTS_DATA_SAMPLES_H_
