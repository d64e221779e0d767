// The arguments that losses, metrics and optimizers take: the default of each and the values that it may have.
#ifndef BRINE_IR_ARGUMENTS_H_
#define BRINE_IR_ARGUMENTS_H_

#include <cfloat>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ir/attributes.h"

namespace brine::ir {

// An interval of real numbers.  NaN is in no range.  The widest range is that of float, since kernels read arguments as
// floats.
struct Range {
  double least = -FLT_MAX, most = FLT_MAX;
  bool includes_least = true, includes_most = true;

  bool Contains(double number) const;
};
inline constexpr Range kAtLeastZero = {.least = 0};
inline constexpr Range kPositive = {.least = 0, .includes_least = false};
inline constexpr Range kFromZeroToOne = {.least = 0, .most = 1};
inline constexpr Range kFromZeroToBelowOne = {.least = 0, .most = 1, .includes_most = false};

std::string ToString(const Range& range);  // "positive", "between 0 and 1", "at least 0 and below 1"

struct Argument {
  std::string name;
  AttributeValue default_value;        // its kind, a bool, a whole or a real number, is the kind of every value
  Range range = {};                    // the legal values, if the argument is a number
  bool optional = false;               // whether a graph may leave it out, which then means its default, or none
  std::optional<double> besides = {};  // a number that is legal although it is not in the range
};

// The argument of this name, or null if there is none.
const Argument* FindArgument(absl::Span<const Argument> arguments, absl::string_view name);

// Why the argument cannot have this value, in one sentence that begins with its name; empty if it can.
std::string ArgumentFault(const Argument& argument, const AttributeValue& value);

}  // namespace brine::ir

#endif  // BRINE_IR_ARGUMENTS_H_
