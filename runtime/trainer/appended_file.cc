#include "runtime/trainer/appended_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "runtime/core/file.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/text.h"

namespace brine {

void MakeFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) ThrowError(kExitFailed, {folder, ": cannot be created: ", error.message()});
}

std::string ReadIfPresent(const std::string& path) {
  std::error_code unknown;
  if (!std::filesystem::exists(path, unknown) && !unknown) return {};
  size_t size = 0;
  char error[500];
  const std::unique_ptr<uint8_t, decltype(&std::free)> bytes(
      brine_read_file(path.c_str(), size_t{1} << 30, &size, error, sizeof(error)), &std::free);
  if (bytes == nullptr) ThrowError(kExitBadInput, {error});
  return {reinterpret_cast<const char*>(bytes.get()), size};
}

void WriteWhole(const std::string& path, std::string_view text) {
  char error[500];
  const brine_bytes bytes = {text.data(), text.size()};
  if (brine_write_file(path.c_str(), &bytes, 1, error, sizeof(error)) != 0) ThrowError(kExitFailed, {error});
}

void Append(const std::string& path, std::string_view bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  bool written = file >= 0;
  while (written && !bytes.empty()) {
    const ssize_t count = write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    written = count > 0;
    if (written) bytes.remove_prefix(static_cast<size_t>(count));
  }
  if (!written || close(file) != 0) {
    const std::string why = std::strerror(errno);
    if (!written && file >= 0) close(file);
    ThrowError(kExitFailed, {path, ": cannot be written: ", why});
  }
}

void BeginLines(const std::string& path, std::string_view header, const std::function<bool(std::string_view)>& keep) {
  const std::string before = ReadIfPresent(path);
  const bool has_header = before.starts_with(header);
  std::string text(header);
  for (size_t begin = has_header ? header.size() : 0, end; (end = before.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    const std::string_view line = std::string_view(before).substr(begin, end - begin);
    if (!keep(line)) continue;
    if (!has_header) ThrowError(kExitBadInput, {path, ": its columns are not those of this run; take another file"});
    text.append(line) += '\n';
  }
  WriteWhole(path, text);
}

}  // namespace brine
