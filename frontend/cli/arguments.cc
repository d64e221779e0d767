#include "frontend/cli/arguments.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "ir/names.h"

namespace brine::cli {

std::string Arguments::Get(const std::string& flag, const std::string& default_value) const {
  const auto it = flags.find(flag);
  return it == flags.end() ? default_value : it->second;
}

absl::StatusOr<int64_t> Arguments::GetInt(const std::string& flag, int64_t default_value, int64_t least,
                                          int64_t most) const {
  if (!Has(flag)) return default_value;
  int64_t number = 0;
  if (!absl::SimpleAtoi(Get(flag, ""), &number) || number < least || number > most) {
    return absl::InvalidArgumentError(absl::StrCat("--", flag, " must be a whole number from ", least, " to ", most,
                                                   ", got '", ir::Excerpt(Get(flag, "")), "'"));
  }
  return number;
}

}  // namespace brine::cli
