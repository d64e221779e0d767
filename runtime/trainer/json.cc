#include "runtime/trainer/json.h"

#include <cmath>
#include <cstdio>

namespace brine {

std::string JsonString(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) {
    char escaped[8];
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) {
      quoted += c;
    } else {
      std::snprintf(escaped, sizeof(escaped), "\\u%04x", static_cast<unsigned>(c));
      quoted += escaped;
    }
  }
  return quoted + "\"";
}

std::string JsonNumber(double number) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.9g", number);
  return std::isfinite(number) ? text : "null";
}

std::string JsonObject(const NamedNumbers& fields) {
  std::string text = "{";
  for (const auto& [name, value] : fields) {
    if (!std::isnan(value)) text += (text.size() == 1 ? "" : ", ") + JsonString(name) + ": " + JsonNumber(value);
  }
  return text + "}";
}

}  // namespace brine
