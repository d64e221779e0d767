// Reads JSON with Protobuf's parser.
#ifndef BRINE_FRONTEND_CLI_HTML_JSON_H_
#define BRINE_FRONTEND_CLI_HTML_JSON_H_

#include <google/protobuf/struct.pb.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace brine::cli {

using JsonObject = google::protobuf::Struct;
using JsonValue = google::protobuf::Value;

// Errors (kInvalidArgument): "<place>: not a JSON object".
absl::StatusOr<JsonObject> ParseJsonObject(absl::string_view text, absl::string_view place);

// The field of an object.  Null if there is none.
const JsonValue* FindField(const JsonObject& object, const std::string& name);

double NumberOf(const JsonValue& value);  // NaN if the value is no number, as null for what JSON cannot express

// The field as a number, NaN if there is none, or as text, empty if there is none.
double NumberField(const JsonObject& object, const std::string& name);
std::string TextField(const JsonObject& object, const std::string& name);

// The elements of a field that is a list; none if there is no such field.
const google::protobuf::RepeatedPtrField<JsonValue>& ListField(const JsonObject& object, const std::string& name);

// The same as an integer from 0 to `most`; −1 if the field is not such a number.
int64_t IndexField(const JsonObject& object, const std::string& name, int64_t most);

}  // namespace brine::cli

#endif  // BRINE_FRONTEND_CLI_HTML_JSON_H_
