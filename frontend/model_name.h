// Which names a model may have.
#ifndef BRINE_FRONTEND_MODEL_NAME_H_
#define BRINE_FRONTEND_MODEL_NAME_H_

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace brine {

inline constexpr char kModelNameRule[] = "1 to 128 characters of A-Z a-z 0-9 _ and start with no digit";

// Whether the name follows the rule, so that it can be part of C identifiers, such as cifar10_cnn_program.
inline bool IsModelName(absl::string_view name) {
  const auto is_legal = [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; };
  return !name.empty() && name.size() <= 128 && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), is_legal);
}

}  // namespace brine

#endif  // BRINE_FRONTEND_MODEL_NAME_H_
