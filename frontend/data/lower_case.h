// Texts whose case does not count, such as the extensions of files.
#ifndef BRINE_FRONTEND_DATA_LOWER_CASE_H_
#define BRINE_FRONTEND_DATA_LOWER_CASE_H_

#include <string>
#include <string_view>

namespace brine {

// The text with small letters for the capital letters of ASCII, whatever the locale.
inline std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_LOWER_CASE_H_
