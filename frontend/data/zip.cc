#include <algorithm>
#include <cstring>

#include "frontend/data/archive.h"
#include "frontend/data/bad_input.h"
#include "frontend/data/inflate.h"
#include "runtime/core/crc32.h"

namespace brine {
namespace {

// Of a record: its mark and its bytes without texts (APPNOTE.TXT of PKWARE, section 4.3).
struct Record {
  uint32_t mark;
  size_t bytes;
};
constexpr Record kLocal = {0x04034b50, 30}, kCentral = {0x02014b50, 46}, kEnd = {0x06054b50, 22},
                 kEnd64 = {0x06064b50, 56}, kLocator64 = {0x07064b50, 20};
constexpr size_t kMaxComment = 65535;
constexpr uint16_t kStored = 0, kDeflated = 8, kEncrypted = 1, kZip64 = 1;
constexpr uint32_t kIn64Bits = 0xffffffff;  // stands for a number that zip64 states elsewhere

template <typename T>
T Get(std::span<const uint8_t> bytes, size_t offset) {
  T number;
  std::memcpy(&number, &bytes[offset], sizeof(number));
  return number;
}

struct Entry {
  std::string name;
  uint16_t flags = 0, method = 0;
  uint32_t crc = 0;
  uint64_t packed = 0, size = 0, offset = 0;  // sizes of the content, and where its local header is
  std::span<const uint8_t> content = {};      // packed
};

class ZipReader {
 public:
  ZipReader(const std::string& path, std::span<const uint8_t> bytes) : path_(path), bytes_(bytes) {}

  std::vector<ArchiveEntry> Read(int64_t max_bytes, TemporaryFile& unpacked) {
    FindDirectory();
    std::vector<Entry> files = ReadDirectory();
    CheckPlaces(files);
    uint64_t total = 0;
    for (const Entry& file : files) {
      const uint64_t size = file.method == kDeflated ? file.size : 0;
      if (__builtin_add_overflow(total, size, &total) || total > static_cast<uint64_t>(max_bytes))
        BadInput(path_, "unpacks to more than " + std::to_string(max_bytes) + " bytes");
      CheckRatio(path_ + ": " + file.name, static_cast<int64_t>(file.packed), static_cast<int64_t>(size));
    }
    std::vector<ArchiveEntry> entries;
    std::vector<size_t> begins;  // of deflated entries in `unpacked`
    for (const Entry& file : files) {
      entries.push_back({file.name, file.content});
      begins.push_back(static_cast<size_t>(unpacked.size()));
      if (file.method == kDeflated) Unpack(file, unpacked);
    }
    const std::span<const uint8_t> all = unpacked.Map();
    for (size_t index = 0; index < files.size(); ++index) {
      const Entry& file = files[index];
      if (file.method == kDeflated) entries[index].bytes = all.subspan(begins[index], static_cast<size_t>(file.size));
      const std::span<const uint8_t> content = entries[index].bytes;
      if (brine_crc32(0, content.data(), content.size()) != file.crc) Fail(file, "is damaged: it has another CRC-32");
    }
    return entries;
  }

 private:
  [[noreturn]] void Fail(const Entry& entry, const std::string& what) const {
    BadInput(path_ + ": " + entry.name, what);
  }
  [[noreturn]] void FailDirectory() const { BadInput(path_, "is damaged: its directory cannot be read"); }

  bool IsAt(const Record& record, uint64_t offset) const {
    return offset <= bytes_.size() && bytes_.size() - offset >= record.bytes &&
           Get<uint32_t>(bytes_, offset) == record.mark;
  }

  // Finds the record at the end of the file, which may be followed by a comment, and from it the directory.
  void FindDirectory() {
    if (bytes_.size() < kEnd.bytes) BadInput(path_, "ends before its directory; is it complete?");
    const size_t last = bytes_.size() - kEnd.bytes, first = last - std::min(last, kMaxComment);
    size_t end = last + 1;
    do {
      if (end == first) BadInput(path_, "ends before its directory; is it complete?");
      --end;
    } while (!IsAt(kEnd, end) || end + kEnd.bytes + Get<uint16_t>(bytes_, end + 20) != bytes_.size());
    count_ = Get<uint16_t>(bytes_, end + 10);
    uint64_t size = Get<uint32_t>(bytes_, end + 12);
    directory_ = Get<uint32_t>(bytes_, end + 16);
    if (end >= kLocator64.bytes && IsAt(kLocator64, end - kLocator64.bytes)) {
      const auto end64 = Get<uint64_t>(bytes_, end - kLocator64.bytes + 8);
      if (!IsAt(kEnd64, end64)) FailDirectory();
      count_ = Get<uint64_t>(bytes_, end64 + 32);
      size = Get<uint64_t>(bytes_, end64 + 40);
      directory_ = Get<uint64_t>(bytes_, end64 + 48);
    }
    if (__builtin_add_overflow(directory_, size, &directory_end_) || directory_end_ > bytes_.size()) FailDirectory();
    if (count_ > size / kCentral.bytes) FailDirectory();
  }

  std::vector<Entry> ReadDirectory() const {
    std::vector<Entry> files;
    size_t at = directory_;
    for (uint64_t index = 0; index < count_; ++index) {
      if (!IsAt(kCentral, at) || at + kCentral.bytes > directory_end_) FailDirectory();
      const std::span<const uint8_t> record = bytes_.subspan(at, directory_end_ - at);
      const size_t name = Get<uint16_t>(record, 28), extra = Get<uint16_t>(record, 30);
      const size_t total = kCentral.bytes + name + extra + Get<uint16_t>(record, 32);
      if (total > record.size()) FailDirectory();
      at += total;
      Entry file;
      file.name.assign(reinterpret_cast<const char*>(record.data() + kCentral.bytes), name);
      file.flags = Get<uint16_t>(record, 8);
      file.method = Get<uint16_t>(record, 10);
      file.crc = Get<uint32_t>(record, 16);
      file.packed = Get<uint32_t>(record, 20);
      file.size = Get<uint32_t>(record, 24);
      file.offset = Get<uint32_t>(record, 42);
      ReadZip64(record.subspan(kCentral.bytes + name, extra), file);
      if (file.name.ends_with('/')) continue;  // a folder
      if ((file.flags & kEncrypted) != 0) Fail(file, "is encrypted");
      if (file.method != kStored && file.method != kDeflated)
        Fail(file, "is packed by method " + std::to_string(file.method) + "; stored and deflated can be read");
      files.push_back(std::move(file));
    }
    return files;
  }

  // Replaces the numbers that do not fit into 32 bits by those of the extra field.
  void ReadZip64(std::span<const uint8_t> extra, Entry& file) const {
    while (extra.size() >= 4) {
      const auto id = Get<uint16_t>(extra, 0);
      const size_t size = Get<uint16_t>(extra, 2);
      if (size > extra.size() - 4) FailDirectory();
      std::span<const uint8_t> field = extra.subspan(4, size);
      extra = extra.subspan(4 + size);
      if (id != kZip64) continue;
      for (uint64_t* number : {&file.size, &file.packed, &file.offset}) {
        if (*number != kIn64Bits) continue;
        if (field.size() < sizeof(*number)) FailDirectory();
        *number = Get<uint64_t>(field, 0);
        field = field.subspan(sizeof(*number));
      }
    }
  }

  // Finds the contents, of which no two may share bytes: a small file could otherwise unpack to any size.
  void CheckPlaces(std::vector<Entry>& files) const {
    std::vector<std::pair<uint64_t, uint64_t>> ranges;
    for (Entry& file : files) {
      if (!IsAt(kLocal, file.offset)) Fail(file, "is not where the directory says");
      const uint64_t begin = file.offset + kLocal.bytes + Get<uint16_t>(bytes_, file.offset + 26) +
                             Get<uint16_t>(bytes_, file.offset + 28);
      if (begin > directory_ || file.packed > directory_ - begin)
        Fail(file, "has " + std::to_string(file.packed) + " bytes, which are not all there");
      if (file.method == kStored && file.packed != file.size)
        Fail(file, "is stored in " + std::to_string(file.packed) + " bytes, but has " + std::to_string(file.size));
      file.content = bytes_.subspan(begin, file.packed);
      ranges.emplace_back(file.offset, begin + file.packed);
    }
    std::sort(ranges.begin(), ranges.end());
    for (size_t index = 1; index < ranges.size(); ++index) {
      if (ranges[index].first < ranges[index - 1].second) BadInput(path_, "has entries that overlap");
    }
  }

  void Unpack(const Entry& file, TemporaryFile& unpacked) {
    const std::string place = path_ + ": " + file.name;
    const int64_t begin = unpacked.size();
    inflater_.Unpack(place, file.content, static_cast<int64_t>(file.size), unpacked);
    if (const int64_t size = unpacked.size() - begin; size != static_cast<int64_t>(file.size))
      Fail(file, "unpacks to " + std::to_string(size) + " bytes instead of " + std::to_string(file.size));
  }

  const std::string& path_;
  const std::span<const uint8_t> bytes_;
  Inflater inflater_ = Inflater(DeflateForm::kRaw);  // of all entries
  uint64_t count_ = 0, directory_ = 0, directory_end_ = 0;
};

}  // namespace

std::vector<ArchiveEntry> ReadZip(const std::string& path, std::span<const uint8_t> bytes, int64_t max_bytes,
                                  TemporaryFile& unpacked) {
  return ZipReader(path, bytes).Read(max_bytes, unpacked);
}

}  // namespace brine
