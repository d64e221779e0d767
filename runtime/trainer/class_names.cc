#include "runtime/trainer/class_names.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace brine {
namespace {

bool IsPlain(char c) { return c >= 0x20 && c < 0x7f && std::strchr("%,\"\\", c) == nullptr; }

std::string Decode(const std::string& text) {
  std::string name;
  for (size_t at = 0; at < text.size(); ++at) {
    unsigned char byte = 0;
    const char* const digits = text.data() + at + 1;
    const bool is_escape =
        text[at] == '%' && at + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2;
    name += is_escape ? static_cast<char>(byte) : text[at];
    if (is_escape) at += 2;
  }
  return name;
}

}  // namespace

std::string EncodeClassNames(const std::vector<std::string>& names) {
  constexpr size_t kMost = 4 << 20;
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ',';
    for (const char c : name) {
      char escape[4] = {c, '\0'};
      if (!IsPlain(c))
        std::snprintf(escape, sizeof(escape), "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      text += escape;
    }
    if (text.size() > kMost) return {};
  }
  return text;
}

std::vector<std::string> DecodeClassNames(const std::string& text) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= text.size() && !text.empty();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    names.push_back(Decode(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return names;
}

}  // namespace brine
