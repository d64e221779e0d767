#include "codegen/driver/c_text.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace brine::codegen {

std::string CString(absl::string_view text) {
  std::string result = "\"";
  size_t characters = 0;
  for (char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    // A question mark is escaped since it could begin a trigraph.  An octal escape has three digits, so the next
    // character cannot extend it.
    if (c == '\n')
      absl::StrAppend(&result, "\\n");
    else if (byte < 32 || byte > 126 || c == '"' || c == '\\' || c == '?')
      absl::StrAppendFormat(&result, "\\%03o", byte);
    else
      result += c;
    if (++characters % 4000 == 0 || c == '\n') absl::StrAppend(&result, "\"\n  \"");
  }
  return result + "\"";
}

std::string CByteArray(absl::string_view bytes) {
  std::string result = " {";
  for (size_t position = 0; position < bytes.size(); ++position) {
    absl::StrAppend(&result, position % 32 == 0 ? "\n" : "",
                    static_cast<int>(static_cast<unsigned char>(bytes[position])), ",");
  }
  return result + "}";
}

std::string CNumber(double value) {
  if (std::isnan(value)) return "(0.0 / 0.0)";
  if (std::isinf(value)) return value > 0 ? "(1.0 / 0.0)" : "(-1.0 / 0.0)";
  return absl::StrFormat("%.17g", value);
}

std::string ToIdentifier(absl::string_view name) {
  std::string result;
  for (char c : name) result += absl::ascii_isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return result.empty() || absl::ascii_isdigit(static_cast<unsigned char>(result[0])) ? "model_" + result : result;
}

}  // namespace brine::codegen
