#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "ir/limits.h"
#include "ir/names.h"
#include "ir/op.h"
#include "ir/verify/fault_list.h"

namespace brine::ir {

bool FindAttributeFaults(const Site& site, const Node& node, FaultList& faults) {
  bool is_legal = true;
  const auto add = [&](Part part, int index, std::string sentence) {
    is_legal = false;
    faults.Add(site, part, index, std::move(sentence));
  };
  int index = -1;
  for (const auto& [name, value] : node.attributes) {
    ++index;
    const AttributeSpec* spec = node.op->FindAttribute(name);
    if (spec == nullptr) {
      add(Part::kAttribute, index, absl::StrCat(node.op->name, " has no attribute ", Excerpt(name)));
      continue;
    }
    if (!KindMatches(spec->kind, value)) {
      add(Part::kAttribute, index, absl::StrCat(name, " has the wrong kind of value"));
      continue;
    }
    const auto finite = [](double real) { return std::isfinite(real); };
    if (const auto* real = std::get_if<double>(&value); real != nullptr && !finite(*real))
      add(Part::kAttribute, index, absl::StrCat(name, " is not finite"));
    if (const auto* reals = std::get_if<std::vector<double>>(&value)) {
      // The values of a constant may be infinite, and there may be more of them than elements of other lists.
      const bool is_constant = node.op == &kConstant;
      if (!is_constant && !std::all_of(reals->begin(), reals->end(), finite))
        add(Part::kAttribute, index, absl::StrCat(name, " is not finite"));
      if (reals->size() > (is_constant ? kMaxReals : kMaxList))
        add(Part::kAttribute, index, absl::StrCat(name, " has ", reals->size(), " elements, too many"));
    }
    if (const auto* whole = std::get_if<std::vector<int64_t>>(&value)) {
      if (whole->size() > kMaxList)
        add(Part::kAttribute, index, absl::StrCat(name, " has ", whole->size(), " elements, more than ", kMaxList));
      if (spec->kind != AttributeKind::kDims) continue;
      const auto bad = std::find_if(whole->begin(), whole->end(),
                                    [](int64_t dim) { return dim != kBatch && (dim < 1 || dim > kMaxElements); });
      if (bad != whole->end())
        add(Part::kAttribute, index, absl::StrCat("dimension ", *bad, " of ", name, " is neither positive nor n"));
    }
  }
  for (const AttributeSpec& spec : node.op->attributes) {
    if (!node.attributes.Has(spec.name))
      add(Part::kOp, 0, absl::StrCat(node.op->name, " needs the attribute ", spec.name));
  }
  return is_legal;
}

}  // namespace brine::ir
