#include "ir/attributes.h"

#include <charconv>
#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ir/check.h"
#include "ir/type.h"

namespace brine::ir {
namespace {

// The fewest digits that read back as `value`.  The text has a point or an exponent, so that the lexer does not take it
// for a whole number.
std::string RealToString(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[40];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  std::string text(buffer, result.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

template <typename T>
const T& Get(const std::map<std::string, AttributeValue, std::less<>>& values, absl::string_view name) {
  const auto it = values.find(name);
  BRINE_CHECK(it != values.end());
  const T* value = std::get_if<T>(&it->second);
  BRINE_CHECK(value != nullptr);
  return *value;
}

}  // namespace

bool KindMatches(AttributeKind kind, const AttributeValue& value) {
  switch (kind) {
    case AttributeKind::kBool:
      return std::holds_alternative<bool>(value);
    case AttributeKind::kInt:
      return std::holds_alternative<int64_t>(value);
    case AttributeKind::kFloat:
      return std::holds_alternative<double>(value);
    case AttributeKind::kString:
      return std::holds_alternative<std::string>(value);
    case AttributeKind::kInts:
    case AttributeKind::kDims:
      return std::holds_alternative<std::vector<int64_t>>(value);
    case AttributeKind::kFloats:
      return std::holds_alternative<std::vector<double>>(value);
  }
  return false;
}

std::string ToString(AttributeKind kind, const AttributeValue& value) {
  BRINE_CHECK(KindMatches(kind, value));
  switch (kind) {
    case AttributeKind::kBool:
      return std::get<bool>(value) ? "true" : "false";
    case AttributeKind::kInt:
      return absl::StrCat(std::get<int64_t>(value));
    case AttributeKind::kFloat:
      return RealToString(std::get<double>(value));
    case AttributeKind::kString:
      return absl::StrCat("\"", absl::CEscape(std::get<std::string>(value)), "\"");
    case AttributeKind::kInts:
      return absl::StrCat("[", absl::StrJoin(std::get<std::vector<int64_t>>(value), ","), "]");
    case AttributeKind::kDims:
      return ToString(Shape(std::get<std::vector<int64_t>>(value)));
    case AttributeKind::kFloats: {
      auto append = [](std::string* out, double real) { out->append(RealToString(real)); };
      return absl::StrCat("[", absl::StrJoin(std::get<std::vector<double>>(value), ",", append), "]");
    }
  }
  return "";
}

bool Attributes::Bool(absl::string_view name) const { return Get<bool>(values_, name); }
int64_t Attributes::Int(absl::string_view name) const { return Get<int64_t>(values_, name); }
double Attributes::Float(absl::string_view name) const { return Get<double>(values_, name); }
const std::string& Attributes::String(absl::string_view name) const { return Get<std::string>(values_, name); }
const std::vector<int64_t>& Attributes::Ints(absl::string_view name) const {
  return Get<std::vector<int64_t>>(values_, name);
}
const std::vector<double>& Attributes::Floats(absl::string_view name) const {
  return Get<std::vector<double>>(values_, name);
}

Attributes ScalarConstant(double value) {
  return {{"dtype", "f32"}, {"shape", Shape()}, {"values", std::vector<double>{value}}};
}

}  // namespace brine::ir
