// Values of which a user chooses one, written as "min|max" in the tables of commands and flags.
#ifndef BRINE_RUNTIME_BASE_CHOICES_H_
#define BRINE_RUNTIME_BASE_CHOICES_H_

#include <string>
#include <string_view>
#include <vector>

namespace brine::base {

// The values of "min|max".  Empty if the text has no bar, as "FILE": it is then the name of a value that may be any.
inline std::vector<std::string_view> ChoicesOf(std::string_view text) {
  std::vector<std::string_view> choices;
  if (text.find('|') == text.npos) return choices;
  for (size_t begin = 0, end; begin <= text.size(); begin = end + 1) {
    end = text.find('|', begin);
    if (end == text.npos) end = text.size();
    choices.push_back(text.substr(begin, end - begin));
  }
  return choices;
}

// "a, b or c" if the value is not one of the choices of `text`; empty if it is, and if there are no choices.
inline std::string WantedInstead(std::string_view value, std::string_view text) {
  const std::vector<std::string_view> choices = ChoicesOf(text);
  std::string list;
  for (size_t index = 0; index < choices.size(); ++index) {
    if (choices[index] == value) return "";
    if (index > 0) list += index + 1 < choices.size() ? ", " : " or ";
    list += choices[index];
  }
  return list;
}

}  // namespace brine::base

#endif  // BRINE_RUNTIME_BASE_CHOICES_H_
