#include "ir/op.h"

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "ir/check.h"
#include "ir/limits.h"
#include "ir/status.h"

namespace brine::ir {
namespace {

struct OpTable {
  std::vector<const Op*> ops;
  absl::flat_hash_map<absl::string_view, const Op*> by_name;

  void Add(const Op& op) {
    BRINE_CHECK(by_name.emplace(op.name, &op).second);
    ops.push_back(&op);
  }
};

OpTable& Table() {
  static OpTable* const table = [] {
    auto* all = new OpTable;
#define BRINE_OP(name, constant) all->Add(constant);
#include "ir/ops.def"
    return all;
  }();
  return *table;
}

}  // namespace

const AttributeSpec* Op::FindAttribute(absl::string_view attribute) const {
  for (const AttributeSpec& spec : attributes) {
    if (absl::string_view(spec.name) == attribute) return &spec;
  }
  return nullptr;
}

std::string Op::InputName(size_t index) const {
  const size_t last = operands.size() - 1;
  return variadic && index >= last ? absl::StrCat(operands[last], "[", index - last, "]") : operands[index];
}

absl::Span<const Op* const> AllOps() { return Table().ops; }

const Op* FindOp(absl::string_view name) {
  const auto it = Table().by_name.find(name);
  return it == Table().by_name.end() ? nullptr : it->second;
}

void AddOp(const Op& op) {
  BRINE_CHECK(KindFault(op).empty());
  Table().Add(op);
}

absl::Status CompleteAttributes(const Op& op, Attributes& attributes) {
  for (const auto& [name, value] : attributes) {
    const AttributeSpec* spec = op.FindAttribute(name);
    if (spec == nullptr) return absl::InvalidArgumentError(absl::StrCat(op.name, " has no attribute ", name));
    if (!KindMatches(spec->kind, value))
      return absl::InvalidArgumentError(absl::StrCat(op.name, "'s attribute ", name, " has the wrong kind"));
  }
  for (const AttributeSpec& spec : op.attributes) {
    if (attributes.Has(spec.name)) continue;
    if (!spec.has_default) return absl::InvalidArgumentError(absl::StrCat(op.name, " needs the attribute ", spec.name));
    attributes.Set(spec.name, spec.default_value);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Type>> InferTypes(const Op& op, absl::Span<const Type> inputs,
                                             const Attributes& attributes) {
  const size_t least = op.operands.size(), most = op.variadic ? kMaxInputs : least;
  if (inputs.size() < least || inputs.size() > most) {
    const std::string number = op.variadic ? absl::StrCat(least, " to ", most) : absl::StrCat(least);
    return absl::InvalidArgumentError(absl::StrCat(op.name, " takes ", number, " inputs, got ", inputs.size()));
  }
  BRINE_ASSIGN_OR_RETURN(std::vector<Type> outputs, op.infer({inputs, attributes}));
  for (const Type& type : outputs) BRINE_RETURN_IF_ERROR(ByteCount(type, 1).status());
  return outputs;
}

}  // namespace brine::ir
