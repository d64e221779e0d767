// Pieces of JSON.
#ifndef BRINE_RUNTIME_TRAINER_JSON_H_
#define BRINE_RUNTIME_TRAINER_JSON_H_

#include <string>
#include <utility>
#include <vector>

namespace brine {

std::string JsonString(const std::string& text);  // escaped, and in quotes
std::string JsonNumber(double number);            // "null" if it is not finite, which JSON cannot express

// {"loss": 1.25, "accuracy": 0.5}.  Numbers that are NaN, which nobody has computed, are left out.
using NamedNumbers = std::vector<std::pair<std::string, double>>;
std::string JsonObject(const NamedNumbers& fields);

}  // namespace brine

#endif  // BRINE_RUNTIME_TRAINER_JSON_H_
