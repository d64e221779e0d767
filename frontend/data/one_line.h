// Texts of users in files and messages that have a line for each.
#ifndef BRINE_FRONTEND_DATA_ONE_LINE_H_
#define BRINE_FRONTEND_DATA_ONE_LINE_H_

#include <algorithm>
#include <string>

namespace brine {

// The text with a question mark for each control character, such as a line feed in the name of a file.
inline std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace brine

#endif  // BRINE_FRONTEND_DATA_ONE_LINE_H_
