// Packed files for tests, as a program that knows only the format would write them.
#ifndef BRINE_TESTS_RUNTIME_PACKED_FILE_H_
#define BRINE_TESTS_RUNTIME_PACKED_FILE_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace brine::testing {

// A tensor of a safetensors file.
struct RawTensor {
  std::string name, type, shape, bytes;  // "train/data", "U8", "2,4,4,3", the content
};

// The bytes of little-endian numbers of 32 bits.
template <typename Number>
std::string BytesOf(const std::vector<Number>& numbers) {
  std::string bytes(numbers.size() * sizeof(Number), '\0');
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

inline std::string Safetensors(const std::vector<RawTensor>& tensors,
                               const std::string& notes = "\"format\": \"brine.data 1\"") {
  std::string header = "{\"__metadata__\": {" + notes + "}", data;
  for (const RawTensor& tensor : tensors) {
    header += ", \"" + tensor.name + "\": {\"dtype\": \"" + tensor.type + "\", \"shape\": [" + tensor.shape +
              "], \"data_offsets\": [" + std::to_string(data.size()) + ", " +
              std::to_string(data.size() + tensor.bytes.size()) + "]}";
    data += tensor.bytes;
  }
  header += "}";
  return BytesOf(std::vector<uint64_t>{header.size()}) + header + data;
}

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_PACKED_FILE_H_
