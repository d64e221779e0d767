// Writes JSON.
#ifndef BRINE_RUNTIME_TRAINER_JSON_H_
#define BRINE_RUNTIME_TRAINER_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace brine {

std::string JsonString(std::string_view text);  // escaped, and in quotes; bytes that are no UTF-8 become U+FFFD
std::string JsonNumber(double number);          // "null" if it is not finite, which JSON cannot express

using NamedNumbers = std::vector<std::pair<std::string, double>>;

// An object, {"name": "net", "loss": 1.25}, whose fields are added one after another.
class JsonObject {
 public:
  JsonObject& Text(std::string_view name, std::string_view text);
  JsonObject& Number(std::string_view name, double number);
  JsonObject& Whole(std::string_view name, int64_t number);
  JsonObject& Json(std::string_view name, std::string_view json);
  JsonObject& Numbers(const NamedNumbers& fields);  // without those that are NaN, which nobody has computed

  std::string text() const;

 private:
  std::string fields_;
};

// A list, [1, 2], whose elements are JSON.
class JsonList {
 public:
  JsonList& Add(std::string_view json);

  std::string text() const;

 private:
  std::string elements_;
};

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_JSON_H_
