// A file of weights or a checkpoint, read into memory and parsed.
#ifndef BRINE_RUNTIME_TRAINER_TENSOR_FILE_H_
#define BRINE_RUNTIME_TRAINER_TENSOR_FILE_H_

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "runtime/core/file.h"
#include "runtime/core/safetensors.h"
#include "runtime/trainer/ranks.h"

namespace brine {

struct TensorFile {
  std::unique_ptr<uint8_t, decltype(&std::free)> bytes{nullptr, &std::free};
  size_t size = 0;
  brine_tensors tensors = {};

  TensorFile() = default;
  TensorFile(const TensorFile&) = delete;
  ~TensorFile() { brine_release_tensors(&tensors); }

  // Returns false and a sentence that names the path, if the file cannot be read or is damaged.
  bool Read(const std::string& path, std::string& why) {
    constexpr size_t kMaxFileBytes = size_t{1} << 36;
    char error[500];
    bytes.reset(brine_read_file(path.c_str(), kMaxFileBytes, &size, error, sizeof(error)));
    if (bytes == nullptr) return why = error, false;
    if (brine_parse_tensors(bytes.get(), size, &tensors, error, sizeof(error)) == 0) return true;
    why = path + ": " + error;
    return false;
  }
  // Gives all ranks the file that the first one has read.
  void Share(const Ranks& ranks) {
    if (!ranks.several()) return;
    auto shared_size = static_cast<int64_t>(size);
    ranks.communicator().broadcast(&shared_size, sizeof(shared_size));
    ranks.Together([&] {
      size = static_cast<size_t>(shared_size);
      if (!ranks.is_first()) bytes.reset(static_cast<uint8_t*>(std::malloc(size)));
      if (bytes == nullptr) throw std::bad_alloc();
    });
    ranks.communicator().broadcast(bytes.get(), shared_size);
    ranks.Together([&] {
      char error[500];
      if (!ranks.is_first() && brine_parse_tensors(bytes.get(), size, &tensors, error, sizeof(error)) != 0)
        ThrowError(kExitFailed, {error});
    });
  }
  // The text of a note; empty if there is none.
  std::string Note(const char* key) const {
    const brine_text text = brine_find_note(&tensors, key);
    return text.data == nullptr ? std::string() : std::string(text.data, text.size);
  }
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_TENSOR_FILE_H_
