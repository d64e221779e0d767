// A file of weights or a checkpoint, read into memory and parsed.
#ifndef BRINE_RUNTIME_TRAINER_TENSOR_FILE_H_
#define BRINE_RUNTIME_TRAINER_TENSOR_FILE_H_

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "runtime/core/file.h"
#include "runtime/core/safetensors.h"

namespace brine {

struct TensorFile {
  std::unique_ptr<uint8_t, decltype(&std::free)> bytes{nullptr, &std::free};
  brine_tensors tensors = {};

  TensorFile() = default;
  TensorFile(const TensorFile&) = delete;
  ~TensorFile() { brine_release_tensors(&tensors); }

  // Returns false and a sentence that names the path, if the file cannot be read or is damaged.
  bool Read(const std::string& path, std::string& why) {
    constexpr size_t kMaxFileBytes = size_t{1} << 36;
    char error[500];
    size_t size = 0;
    bytes.reset(brine_read_file(path.c_str(), kMaxFileBytes, &size, error, sizeof(error)));
    if (bytes == nullptr) return why = error, false;
    if (brine_parse_tensors(bytes.get(), size, &tensors, error, sizeof(error)) == 0) return true;
    why = path + ": " + error;
    return false;
  }
  // The text of a note; empty if there is none.
  std::string Note(const char* key) const {
    const brine_text text = brine_find_note(&tensors, key);
    return text.data == nullptr ? std::string() : std::string(text.data, text.size);
  }
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_TENSOR_FILE_H_
