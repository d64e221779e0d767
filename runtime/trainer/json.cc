#include "runtime/trainer/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "runtime/base/utf8.h"
#include "runtime/trainer/text.h"

namespace brine {
namespace {

// Appends to the elements of an object or a list.
void AddTo(std::string& elements, std::string_view before, std::string_view json) {
  if (!elements.empty()) elements += ", ";
  (elements += before) += json;
}

}  // namespace

std::string JsonString(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const size_t count = base::CharacterBytes(text);
    const char c = text[0];
    char escaped[8];
    if (c == '"' || c == '\\') quoted += '\\';
    if (count == 0) {
      quoted += "\\ufffd";
    } else if (count > 1 || static_cast<unsigned char>(c) >= 0x20) {
      quoted += text.substr(0, count);
    } else {
      std::snprintf(escaped, sizeof(escaped), "\\u%04x", static_cast<unsigned>(c));
      quoted += escaped;
    }
    text.remove_prefix(std::max<size_t>(count, 1));
  }
  return quoted + '"';
}

std::string JsonNumber(double number) {
  char text[40];
  // Unlike printf, this does not write a comma where the locale of the process has one.
  const auto [end, error] = std::to_chars(text, text + sizeof(text), number, std::chars_format::general, 9);
  return std::isfinite(number) ? std::string(text, end) : "null";
}

JsonObject& JsonObject::Json(std::string_view name, std::string_view json) {
  AddTo(fields_, Concat({JsonString(name), ": "}), json);
  return *this;
}
JsonObject& JsonObject::Text(std::string_view name, std::string_view text) { return Json(name, JsonString(text)); }
JsonObject& JsonObject::Number(std::string_view name, double number) { return Json(name, JsonNumber(number)); }
JsonObject& JsonObject::Whole(std::string_view name, int64_t number) { return Json(name, std::to_string(number)); }
JsonObject& JsonObject::Numbers(const NamedNumbers& fields) {
  for (const auto& [name, value] : fields) {
    if (!std::isnan(value)) Number(name, value);
  }
  return *this;
}

std::string JsonObject::text() const { return Concat({"{", fields_, "}"}); }

JsonList& JsonList::Add(std::string_view json) {
  AddTo(elements_, "", json);
  return *this;
}
std::string JsonList::text() const { return Concat({"[", elements_, "]"}); }

}  // namespace brine
