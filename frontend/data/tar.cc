#include <charconv>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "frontend/data/archive.h"
#include "frontend/data/bad_input.h"

namespace brine {
namespace {

constexpr size_t kBlock = 512, kMaxName = size_t{1} << 16;
constexpr int kMaxLinks = 40;  // that follow one another, as in Linux

// A header's fields, as they lie in the file.
struct Header {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link_name[100], magic[6], version[2],
      owner[32], group[32], major[8], minor[8], prefix[155], padding[12];
};
static_assert(sizeof(Header) == kBlock);

template <size_t size>
std::string Text(const char (&field)[size]) {
  return std::string(field, strnlen(field, size));
}

// A number in octal digits, or in GNU's form for large ones: bytes of a big-endian number, the first with bit 7.
template <size_t size>
std::optional<int64_t> Number(const char (&field)[size]) {
  uint64_t number = 0;
  if ((field[0] & 0x80) != 0) {
    for (size_t at = 0; at < size; ++at) {
      const auto byte = static_cast<uint8_t>(at == 0 ? field[at] & 0x7f : field[at]);
      if (number > (uint64_t{INT64_MAX} >> 8)) return std::nullopt;
      number = number << 8 | byte;
    }
    return static_cast<int64_t>(number);
  }
  const char* begin = field;
  const char* const end = field + strnlen(field, size);
  while (begin < end && *begin == ' ') ++begin;
  const auto [next, error] = std::from_chars(begin, end, number, 8);
  const bool is_whole = next == end || *next == ' ';
  if (error != std::errc() || !is_whole || number > INT64_MAX) return std::nullopt;
  return static_cast<int64_t>(number);
}

// The checksum counts itself as blanks.  Some old programs have added signed bytes.
bool HasItsChecksum(const Header& header) {
  const std::optional<int64_t> stated = Number(header.checksum);
  int64_t sum = 0, signed_sum = 0;
  for (size_t at = 0; at < kBlock; ++at) {
    const bool is_checksum = at >= offsetof(Header, checksum) && at < offsetof(Header, type);
    const char byte = is_checksum ? ' ' : reinterpret_cast<const char*>(&header)[at];
    sum += static_cast<uint8_t>(byte);
    signed_sum += static_cast<signed char>(byte);
  }
  return stated == sum || stated == signed_sum;
}

class TarReader {
 public:
  TarReader(const std::string& path, std::span<const uint8_t> bytes) : path_(path), bytes_(bytes) {}

  std::vector<ArchiveEntry> Read() {
    std::vector<ArchiveEntry> entries;
    Header header;
    while (NextHeader(header)) {
      const std::span<const uint8_t> content = Content(header);
      switch (header.type) {
        case 'L':
          long_name_ = LongName(content);
          continue;
        case 'x':
          ReadPax(content);
          continue;
        case 'g':  // attributes of all entries, such as a comment
          continue;
        case 'K':
          long_link_ = LongName(content);
          continue;
        case 'S':
          Fail("the entry " + Name(header) + " is a sparse file, which cannot be read");
        case '0':
        case '7':
        case '\0':
          entries.push_back({Name(header), content});
          break;
        case '1':
        case '2':
          links_.emplace_back(entries.size(), Target(header));
          entries.push_back({Name(header), {}});
          break;
        case '5':
          break;
        default:
          entries.push_back({Name(header), {}, "is not a regular file"});
      }
      long_name_.clear();
      long_link_.clear();
      pax_size_.reset();
    }
    FollowLinks(entries);
    return entries;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const { BadInput(path_, what); }

  // Reads the header at the cursor.  Returns false at the end, which is marked by a block of zeros.
  bool NextHeader(Header& header) {
    if (bytes_.size() - at_ < kBlock)
      Fail(at_ == 0 ? "is not an archive (tar or zip)" : "ends without the mark of its end; is it complete?");
    std::memcpy(&header, &bytes_[at_], kBlock);
    constexpr Header kEnd = {};
    if (std::memcmp(&header, &kEnd, kBlock) == 0) return false;
    if (!HasItsChecksum(header))
      Fail(at_ == 0 ? "is not an archive (tar or zip)"
                    : "is damaged: the header at byte " + std::to_string(at_) + " has another checksum");
    at_ += kBlock;
    return true;
  }

  // The content of the entry, behind which the cursor is set.
  std::span<const uint8_t> Content(const Header& header) {
    const bool is_attribute = header.type == 'L' || header.type == 'x' || header.type == 'g' || header.type == 'K';
    const std::optional<int64_t> stated = pax_size_.has_value() && !is_attribute ? pax_size_ : Number(header.size);
    if (!stated.has_value()) Fail("the entry " + Name(header) + " has no size");
    const size_t rest = bytes_.size() - at_;
    if (static_cast<uint64_t>(*stated) > rest)
      Fail("the entry " + Name(header) + " has " + std::to_string(*stated) + " bytes, of which " +
           std::to_string(rest) + " are there");
    const auto size = static_cast<size_t>(*stated);
    const std::span<const uint8_t> content = bytes_.subspan(at_, size);
    at_ += std::min(rest, (size + kBlock - 1) / kBlock * kBlock);
    return content;
  }

  std::string LongName(std::span<const uint8_t> content) const {
    if (content.size() > kMaxName) Fail("a name has " + std::to_string(content.size()) + " bytes");
    const char* const text = reinterpret_cast<const char*>(content.data());
    return std::string(text, strnlen(text, content.size()));
  }

  std::string Name(const Header& header) const {
    std::string name = long_name_;
    if (name.empty()) {
      name = Text(header.name);
      if (std::memcmp(header.magic, "ustar\0", 6) == 0 && header.prefix[0] != '\0')
        name = Text(header.prefix) + "/" + name;
    }
    return name.starts_with("./") ? name.substr(2) : name;
  }

  // The path of the entry to which a link leads: that of a symbolic link is relative to its folder.
  std::string Target(const Header& header) const {
    const std::filesystem::path link = long_link_.empty() ? Text(header.link_name) : long_link_;
    const std::filesystem::path folder = std::filesystem::path(Name(header)).parent_path();
    return (header.type == '2' ? folder / link : link).lexically_normal().string();
  }

  // Gives links the bytes of files.  A link may lead to another one.
  void FollowLinks(std::vector<ArchiveEntry>& entries) const {
    if (links_.empty()) return;
    std::map<std::string, size_t> files;
    for (size_t index = 0; index < entries.size(); ++index) files[entries[index].name] = index;
    const std::map<size_t, std::string> targets(links_.begin(), links_.end());
    for (const auto& [index, target] : links_) {
      auto link = targets.find(index);
      auto file = files.end();
      for (int steps = 0; link != targets.end() && steps < kMaxLinks; ++steps) {
        file = files.find(link->second);
        link = file == files.end() ? targets.end() : targets.find(file->second);
      }
      if (file == files.end() || link != targets.end())
        entries[index].fault = "is a link to " + target + ", which is no file of the archive";
      else
        entries[index].bytes = entries[file->second].bytes;
    }
  }

  // Records "LENGTH KEY=VALUE\n", whose length counts itself.
  void ReadPax(std::span<const uint8_t> content) {
    if (content.size() > kMaxName) Fail("the attributes of an entry have " + std::to_string(content.size()) + " bytes");
    std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
    while (!text.empty()) {
      size_t length = 0;
      const auto [blank, error] = std::from_chars(text.data(), text.data() + text.size(), length);
      const size_t digits = static_cast<size_t>(blank - text.data());
      if (error != std::errc() || length > text.size() || length < digits + 3 || text[digits] != ' ' ||
          text[length - 1] != '\n')
        Fail("the attributes of an entry cannot be read");
      const std::string_view record = text.substr(digits + 1, length - digits - 2);
      text.remove_prefix(length);
      if (record.starts_with("path=")) long_name_ = record.substr(5);
      if (record.starts_with("linkpath=")) long_link_ = record.substr(9);
      if (!record.starts_with("size=")) continue;
      int64_t size = -1;
      const auto [end, fault] = std::from_chars(record.data() + 5, record.data() + record.size(), size);
      if (fault != std::errc() || end != record.data() + record.size() || size < 0)
        Fail("the attributes of an entry cannot be read");
      pax_size_ = size;
    }
  }

  const std::string& path_;
  const std::span<const uint8_t> bytes_;
  size_t at_ = 0;
  std::vector<std::pair<size_t, std::string>> links_;  // which entries are links, and the paths to which they lead
  // Of the next entry, from the entries that describe it.
  std::string long_name_, long_link_;
  std::optional<int64_t> pax_size_;
};

}  // namespace

std::vector<ArchiveEntry> ReadTar(const std::string& path, std::span<const uint8_t> bytes) {
  return TarReader(path, bytes).Read();
}

}  // namespace brine
