// Reads tensors of safetensors files without Brine's code.
#ifndef BRINE_TESTS_E2E_SAVED_TENSOR_H_
#define BRINE_TESTS_E2E_SAVED_TENSOR_H_

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "tests/e2e/project.h"

namespace brine {

// The elements of a tensor in a file that --save wrote.
inline std::vector<float> SavedTensor(const Project& project, const std::string& file, const std::string& name) {
  const std::string bytes = project.Read(file);
  uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof(header));
  const std::string text = bytes.substr(8, header), key = "\"" + name + "\":";
  const size_t found = text.find("\"data_offsets\":[", text.find(key));
  EXPECT_NE(text.find(key), std::string::npos) << name << " is not in " << text;
  size_t begin = 0, end = 0;
  EXPECT_EQ(std::sscanf(text.c_str() + found, "\"data_offsets\":[%zu,%zu]", &begin, &end), 2) << text;
  std::vector<float> numbers((end - begin) / sizeof(float));
  std::memcpy(numbers.data(), bytes.data() + 8 + header + begin, end - begin);
  return numbers;
}

}  // namespace brine

#endif  // BRINE_TESTS_E2E_SAVED_TENSOR_H_
