// The arguments that losses and optimizers take: their defaults and what they may be.
#ifndef BRINE_IR_ARGUMENTS_H_
#define BRINE_IR_ARGUMENTS_H_

#include <cfloat>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ir/attributes.h"

namespace brine::ir {

// The real numbers that an argument may be.  NaN is in no range.
struct Range {
  double least = -FLT_MAX, most = FLT_MAX;
  bool least_is_legal = true, most_is_legal = true;

  bool Contains(double number) const;
};
inline constexpr Range kPositive = {0, FLT_MAX, false, true};
inline constexpr Range kFromZeroToOne = {0, 1};
inline constexpr Range kFromZeroToBelowOne = {0, 1, true, false};

std::string ToString(const Range& range);  // "positive", "between 0 and 1", "at least 0 and below 1"

struct Argument {
  std::string name;
  AttributeValue initial;  // the default, which also says the kind: a bool or a real number
  Range range = {};        // of a real number

  bool is_real() const { return std::holds_alternative<double>(initial); }
};

const Argument* FindArgument(absl::Span<const Argument> arguments, absl::string_view name);  // null: there is none

// Why the argument cannot have this value, in one sentence that begins with its name; empty if it can.
std::string ArgumentFault(const Argument& argument, const AttributeValue& value);

}  // namespace brine::ir

#endif  // BRINE_IR_ARGUMENTS_H_
