// Characters of UTF-8.
#ifndef BRINE_RUNTIME_BASE_UTF8_H_
#define BRINE_RUNTIME_BASE_UTF8_H_

#include <cstddef>
#include <string_view>

namespace brine::base {

// The number of bytes of the character of UTF-8 with which the text begins; 0 if it begins with none.  (Table 3-7 of
// the Unicode Standard.)
inline size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t index) { return index < text.size() ? static_cast<unsigned char>(text[index]) : 0u; };
  const unsigned first = byte(0), second = byte(1);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  const size_t count = first >= 0xC2 && first <= 0xDF   ? 2
                       : (first & 0xF0) == 0xE0         ? 3
                       : first >= 0xF0 && first <= 0xF4 ? 4
                                                        : 0;
  for (size_t index = 1; index < count; ++index) {
    if ((byte(index) & 0xC0) != 0x80) return 0;
  }
  const bool is_out_of_range = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                               (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return is_out_of_range ? 0 : count;
}

}  // namespace brine::base

#endif  // BRINE_RUNTIME_BASE_UTF8_H_
