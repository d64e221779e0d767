#include "frontend/cli/arguments.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ir/names.h"

namespace brine::cli {

std::string Arguments::Get(const std::string& flag, const std::string& otherwise) const {
  const auto it = flags.find(flag);
  return it == flags.end() ? otherwise : it->second;
}

absl::StatusOr<int64_t> Arguments::GetInt(const std::string& flag, int64_t otherwise, int64_t least,
                                          int64_t most) const {
  if (!Has(flag)) return otherwise;
  int64_t number = 0;
  if (!absl::SimpleAtoi(Get(flag, ""), &number) || number < least || number > most) {
    return absl::InvalidArgumentError(absl::StrCat("--", flag, " must be a whole number from ", least, " to ", most,
                                                   ", got ", ir::Excerpt(Get(flag, ""))));
  }
  return number;
}

absl::StatusOr<Arguments> Parse(absl::Span<char* const> arguments, absl::Span<const Flag> flags) {
  Arguments result;
  for (size_t at = 0; at < arguments.size(); ++at) {
    const std::string argument = arguments[at];
    if (argument.size() < 2 || argument[0] != '-') {
      result.words.push_back(argument);
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const auto flag = std::find_if(flags.begin(), flags.end(), [&](const Flag& row) { return name == row.name; });
    if (flag == flags.end()) {
      std::vector<absl::string_view> known;
      for (const Flag& row : flags) known.push_back(row.name);
      return absl::InvalidArgumentError(absl::StrCat("unknown flag ", ir::Excerpt(name), ir::DidYouMean(name, known)));
    }
    std::string value;
    const bool is_switch = *flag->value == '\0';
    if (equals != std::string::npos) {
      if (is_switch) return absl::InvalidArgumentError(absl::StrCat(name, " takes no value"));
      value = argument.substr(equals + 1);
    } else if (!is_switch) {
      if (at + 1 == arguments.size())
        return absl::InvalidArgumentError(absl::StrCat(name, " needs a value: ", flag->value));
      value = arguments[++at];
    }
    result.flags[name.substr(name.find_first_not_of('-'))] = value;
    if (flag->forwarded) {
      result.forwarded.push_back(name);
      if (!is_switch) result.forwarded.push_back(value);
    }
  }
  return result;
}

}  // namespace brine::cli
