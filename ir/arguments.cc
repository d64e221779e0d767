#include "ir/arguments.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace brine::ir {

bool Range::Contains(double number) const {
  return (number > least || (number == least && includes_least)) &&
         (number < most || (number == most && includes_most));
}

std::string ToString(const Range& range) {
  const bool unbounded = range.most == FLT_MAX;
  if (unbounded && range.least == -FLT_MAX) return "finite";
  if (unbounded && range.least == 0 && !range.includes_least) return "positive";
  if (unbounded) return absl::StrCat(range.includes_least ? "at least " : "above ", range.least);
  if (range.includes_least && range.includes_most) return absl::StrCat("between ", range.least, " and ", range.most);
  return absl::StrCat(range.includes_least ? "at least " : "above ", range.least, " and ",
                      range.includes_most ? "at most " : "below ", range.most);
}

const Argument* FindArgument(absl::Span<const Argument> arguments, absl::string_view name) {
  const auto row =
      std::find_if(arguments.begin(), arguments.end(), [&](const Argument& argument) { return argument.name == name; });
  return row == arguments.end() ? nullptr : &*row;
}

std::string ArgumentFault(const Argument& argument, const AttributeValue& value) {
  if (value.index() != argument.default_value.index())
    return absl::StrCat(argument.name,
                        std::holds_alternative<double>(argument.default_value) ? " must be a real number, such as 0.5"
                        : std::holds_alternative<int64_t>(argument.default_value) ? " must be a whole number"
                                                                                  : " must be true or false");
  double number = 0;
  if (const double* const real = std::get_if<double>(&value); real != nullptr)
    number = *real;
  else if (const int64_t* const whole = std::get_if<int64_t>(&value); whole != nullptr)
    number = static_cast<double>(*whole);
  else
    return "";
  if (argument.range.Contains(number) || number == argument.besides) return "";
  return absl::StrCat(argument.name, " must be ", ToString(argument.range), ", got ", number);
}

}  // namespace brine::ir
