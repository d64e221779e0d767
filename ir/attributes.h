// Attributes of a node: named constants that decide what is compiled (never rates, seeds or the batch size; those are
// inputs).
#ifndef BRINE_IR_ATTRIBUTES_H_
#define BRINE_IR_ATTRIBUTES_H_

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace brine::ir {

// The order of the alternatives is the order of AttributeValue's.
enum class AttributeKind : uint8_t {
  kBool,
  kInt,
  kFloat,
  kString,
  kInts,
  kFloats,
  kDims
};  // kDims: like kInts, with n for kBatch

using AttributeValue = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>>;

// One row of an op's schema.  Without a default the attribute must be given.
struct AttributeSpec {
  std::string name;
  AttributeKind kind;
  std::string doc;
  bool has_default = false;
  AttributeValue default_value = false;
};

bool KindMatches(AttributeKind kind, const AttributeValue& value);
std::string ToString(AttributeKind kind,
                     const AttributeValue& value);  // as the text form writes it: 3, 0.5, "same", [1,1], [n,128]

// A node's attributes by name.  They are complete: defaults are filled in when the node is made.  The getters CHECK
// name and kind, since nodes reach their callers only after a check against the schema.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<const std::string, AttributeValue>> values) : values_(values) {}

  bool Bool(absl::string_view name) const;
  int64_t Int(absl::string_view name) const;
  double Float(absl::string_view name) const;
  const std::string& String(absl::string_view name) const;
  const std::vector<int64_t>& Ints(absl::string_view name) const;  // kInts and kDims
  const std::vector<double>& Floats(absl::string_view name) const;

  bool Has(absl::string_view name) const { return values_.find(name) != values_.end(); }
  void Set(std::string name, AttributeValue value) { values_[std::move(name)] = std::move(value); }

  auto begin() const { return values_.begin(); }  // in the order of names
  auto end() const { return values_.end(); }
  bool operator==(const Attributes&) const = default;

 private:
  std::map<std::string, AttributeValue, std::less<>> values_;
};

Attributes ScalarConstant(double value);  // of the op constant: one f32 without axes

}  // namespace brine::ir

#endif  // BRINE_IR_ATTRIBUTES_H_
