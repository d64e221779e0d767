#include "frontend/cli/html/json.h"

#include <google/protobuf/util/json_util.h>

#include <cmath>

#include "absl/strings/str_cat.h"

namespace brine::cli {

absl::StatusOr<JsonObject> ParseJsonObject(absl::string_view text, absl::string_view place) {
  JsonObject object;
  const auto status = google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &object);
  if (!status.ok()) return absl::InvalidArgumentError(absl::StrCat(place, ": not a JSON object"));
  return object;
}

const JsonValue* FindField(const JsonObject& object, const std::string& name) {
  const auto field = object.fields().find(name);
  return field == object.fields().end() ? nullptr : &field->second;
}

double NumberOf(const JsonValue& value) {
  return value.has_number_value() ? value.number_value() : std::numeric_limits<double>::quiet_NaN();
}

double NumberField(const JsonObject& object, const std::string& name) {
  const JsonValue* const value = FindField(object, name);
  return value == nullptr ? std::numeric_limits<double>::quiet_NaN() : NumberOf(*value);
}

std::string TextField(const JsonObject& object, const std::string& name) {
  const JsonValue* const value = FindField(object, name);
  return value == nullptr ? "" : value->string_value();
}

const google::protobuf::RepeatedPtrField<JsonValue>& ListField(const JsonObject& object, const std::string& name) {
  static const auto* const none = new google::protobuf::RepeatedPtrField<JsonValue>();
  const JsonValue* const value = FindField(object, name);
  return value == nullptr ? *none : value->list_value().values();
}

int64_t IndexField(const JsonObject& object, const std::string& name, int64_t most) {
  const double number = NumberField(object, name);
  const bool valid = number >= 0 && number <= static_cast<double>(most) && number == std::floor(number);
  return valid ? static_cast<int64_t>(number) : -1;
}

}  // namespace brine::cli
