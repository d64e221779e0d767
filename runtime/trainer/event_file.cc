#include "runtime/trainer/event_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <vector>

#include "runtime/trainer/appended_file.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/text.h"

namespace brine {
namespace {

namespace fs = std::filesystem;

constexpr char kFilePrefix[] = "events.out.tfevents.";

uint32_t MaskedChecksum(std::string_view bytes) {
  const uint32_t crc = Crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

template <typename Number>
std::string Bytes(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

std::string Record(std::string_view content) {
  const std::string size = Bytes(uint64_t{content.size()});
  return Concat({size, Bytes(MaskedChecksum(size)), content, Bytes(MaskedChecksum(content))});
}

// The first record of the file, with its length and checksums; empty if it is not complete or damaged.
std::string_view FirstRecord(std::string_view file) {
  constexpr size_t kBefore = 12, kAfter = 4;
  uint64_t size;
  uint32_t checksums[2];
  if (file.size() < kBefore + kAfter) return {};
  std::memcpy(&size, file.data(), sizeof(size));
  std::memcpy(&checksums[0], file.data() + sizeof(size), sizeof(uint32_t));
  if (size > file.size() - kBefore - kAfter || checksums[0] != MaskedChecksum(file.substr(0, sizeof(size)))) return {};
  std::memcpy(&checksums[1], file.data() + kBefore + size, sizeof(uint32_t));
  if (checksums[1] != MaskedChecksum(file.substr(kBefore, size))) return {};
  return file.substr(0, kBefore + size + kAfter);
}

// The keys of the fields, each the field's number and the kind of its encoding.
constexpr char kWallTime = 1 << 3 | 1, kStep = 2 << 3, kFileVersion = 3 << 3 | 2,
               kEventSummary = 5 << 3 | 2;                    // of Event
constexpr char kValue = 1 << 3 | 2;                           // of Summary
constexpr char kTag = 1 << 3 | 2, kSimpleValue = 2 << 3 | 5;  // of Summary.Value

std::string Varint(uint64_t number) {
  std::string bytes;
  for (; number >= 128; number >>= 7) bytes += static_cast<char>(number | 128);
  return bytes + static_cast<char>(number);
}

std::string Text(char key, std::string_view text) {
  return Concat({std::string_view(&key, 1), Varint(text.size()), text});
}

std::string WallTime() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return Concat({std::string_view(&kWallTime, 1), Bytes(std::chrono::duration<double>(now).count())});
}

// Takes a number off the front of the bytes.
uint64_t TakeVarint(std::string_view& bytes) {
  uint64_t number = 0;
  for (int shift = 0; !bytes.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[0]);
    bytes.remove_prefix(1);
    number |= uint64_t{byte & 127u} << shift;
    if (byte < 128) break;
  }
  return number;
}

// Whether an event stays.  One that Add did not write does.
bool Stays(std::string_view record, const EventFile::Keep& keep) {
  std::string_view event = record.substr(12, record.size() - 16);
  if (event.size() < 10 || event[0] != kWallTime || event[9] != kStep) return true;
  event.remove_prefix(10);
  const auto step = static_cast<int64_t>(TakeVarint(event));
  for (const char key : {kEventSummary, kValue, kTag}) {
    if (event.empty() || event[0] != key) return true;
    event.remove_prefix(1);
    const uint64_t size = TakeVarint(event);
    event = event.substr(0, size);
  }
  return keep(event, step);
}

void DropEvents(const std::string& path, const EventFile::Keep& keep) {
  const std::string before = ReadIfPresent(path);
  std::string after;
  std::string_view rest = before;
  for (std::string_view record; !(record = FirstRecord(rest)).empty(); rest.remove_prefix(record.size())) {
    if (Stays(record, keep)) after += record;
  }
  if (after != before) WriteWhole(path, after);
}

// Creates a file whose name no other process has taken: "events.out.tfevents.1700000000.host".
std::string CreateFile(const std::string& folder) {
  char host[256] = "host";
  gethostname(host, sizeof(host) - 1);
  for (int64_t second = std::time(nullptr);; ++second) {
    const std::string path = Concat({folder, "/", kFilePrefix, std::to_string(second), ".", host});
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0) return close(file), path;
    if (errno != EEXIST) ThrowError(kExitFailed, {path, ": cannot be written: ", std::strerror(errno)});
  }
}

}  // namespace

uint32_t Crc32c(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
  }
  return ~crc;
}

EventFile::EventFile(const std::string& folder, const Keep& keep) {
  MakeFolder(folder);
  std::error_code error;
  std::vector<std::string> earlier;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().starts_with(kFilePrefix)) earlier.push_back(entry->path().string());
  }
  for (const std::string& path : earlier) DropEvents(path, keep);
  path_ = CreateFile(folder);
  Append(path_, Record(Concat({WallTime(), Text(kFileVersion, "brain.Event:2")})));
}

void EventFile::Add(int64_t step, const NamedNumbers& values) {
  std::string summary;
  for (const auto& [tag, value] : values) {
    if (!std::isnan(value)) summary += Text(kValue, Text(kTag, tag) + kSimpleValue + Bytes(static_cast<float>(value)));
  }
  if (summary.empty()) return;
  Append(path_, Record(Concat({WallTime(), std::string_view(&kStep, 1), Varint(static_cast<uint64_t>(step)),
                               Text(kEventSummary, summary)})));
}

}  // namespace brine
