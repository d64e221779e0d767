// Attributes of a node: named constants that decide what is compiled.  Rates, seeds and the batch size are inputs
// instead (Source in graph.h), so that changing one does not change the kernels.
#ifndef BRINE_IR_ATTRIBUTES_H_
#define BRINE_IR_ATTRIBUTES_H_

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace brine::ir {

// The kinds up to kFloats have the order of the alternatives of AttributeValue.
enum class AttributeKind : uint8_t {
  kBool,
  kInt,
  kFloat,
  kString,
  kInts,
  kFloats,
  kDims,  // a shape: stored like kInts, but the text form writes n for kBatch
};

using AttributeValue = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>>;

// One row of an op's schema.  An attribute without a default must be given when a node is made.
struct AttributeSpec {
  std::string name;
  AttributeKind kind;
  std::string doc;
  bool has_default = false;
  AttributeValue default_value = false;
};

bool KindMatches(AttributeKind kind, const AttributeValue& value);

// The value as the text form writes it: 3, 0.5, "same", [1,1], [n,128].  The value must be of the kind.
std::string ToString(AttributeKind kind, const AttributeValue& value);

// The attributes of a node by name.  A node has all attributes of its op's schema, since AddNode fills in the defaults.
// The getters therefore CHECK name and kind instead of returning an error.
class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<const std::string, AttributeValue>> values) : values_(values) {}

  bool Bool(absl::string_view name) const;
  int64_t Int(absl::string_view name) const;
  double Float(absl::string_view name) const;
  const std::string& String(absl::string_view name) const;
  const std::vector<int64_t>& Ints(absl::string_view name) const;  // of kind kInts or kDims
  const std::vector<double>& Floats(absl::string_view name) const;

  bool Has(absl::string_view name) const { return values_.find(name) != values_.end(); }
  void Set(std::string name, AttributeValue value) { values_[std::move(name)] = std::move(value); }

  auto begin() const { return values_.begin(); }  // iterates in the order of the names
  auto end() const { return values_.end(); }
  bool operator==(const Attributes&) const = default;

 private:
  std::map<std::string, AttributeValue, std::less<>> values_;
};

// The attributes of a node of the op `constant` whose result, of type f32[], is `value`.
Attributes ScalarConstant(double value);

}  // namespace brine::ir

#endif  // BRINE_IR_ATTRIBUTES_H_
