// Reads JSON lines with a parser that is not part of Brine.
#ifndef BRINE_TESTS_E2E_JSON_H_
#define BRINE_TESTS_E2E_JSON_H_

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace brine {

using Json = google::protobuf::Value;

inline std::vector<Json> ParseJsonLines(const std::string& text) {
  std::vector<Json> values;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto status = google::protobuf::util::JsonStringToMessage(line, &values.emplace_back());
    EXPECT_TRUE(status.ok()) << line << "\n" << status.ToString();
  }
  return values;
}

// The field of an object.  If there is none, the test fails, and the result is null.
inline const Json& Field(const Json& object, const char* name) {
  static const Json none;
  const auto& fields = object.struct_value().fields();
  const auto field = fields.find(name);
  EXPECT_NE(field, fields.end()) << "no field " << name << " in " << object.ShortDebugString();
  return field == fields.end() ? none : field->second;
}

inline double Number(const Json& object, const char* name) { return Field(object, name).number_value(); }

inline std::vector<std::string> FieldNames(const Json& object) {
  std::vector<std::string> names;
  for (const auto& field : object.struct_value().fields()) names.push_back(field.first);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace brine

#endif  // BRINE_TESTS_E2E_JSON_H_
