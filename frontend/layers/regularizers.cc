#include "frontend/layers/regularizers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "frontend/layers/layer_builder.h"

namespace brine::internal {
namespace {

struct Row {
  absl::string_view name;
  bool has_l1, has_l2;  // which of the two factors count
};
constexpr Row kRows[] = {
    {"", false, false}, {"l1", true, false}, {"l2", false, true}, {"l1_l2", true, true}, {"l1l2", true, true}};

const Row* FindRow(absl::string_view name) {
  const Row* const row =
      std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& candidate) { return candidate.name == name; });
  return row == std::end(kRows) ? nullptr : row;
}

std::string UnknownRegularizer(absl::string_view name) {
  std::vector<absl::string_view> known;
  for (const Row& row : kRows) {
    if (!row.name.empty()) known.push_back(row.name);
  }
  return Unknown("regularizer", name, known);
}

void CheckFactor(absl::string_view name, double factor, std::vector<std::string>& faults) {
  if (std::string fault = FiniteFault(name, factor); !fault.empty())
    faults.push_back(std::move(fault));
  else if (factor < 0)
    faults.push_back(absl::StrCat(name, " must not be negative, got ", factor));
}

}  // namespace

std::vector<std::string> FaultsOf(const Regularizer& regularizer) {
  const Row* const row = FindRow(regularizer.name);
  if (row == nullptr) return {UnknownRegularizer(regularizer.name)};
  std::vector<std::string> faults;
  if (row->has_l1) CheckFactor("l1", regularizer.l1.value(), faults);
  if (row->has_l2) CheckFactor("l2", regularizer.l2.value(), faults);
  return faults;
}

PenaltyFactors FactorsOf(const Regularizer& regularizer) {
  const Row& row = *FindRow(regularizer.name);
  return {row.has_l1 ? regularizer.l1.value() : 0, row.has_l2 ? regularizer.l2.value() : 0};
}

}  // namespace brine::internal
