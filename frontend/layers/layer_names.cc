#include "frontend/layers/layer_names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "ir/metrics.h"
#include "ir/optimizers.h"

namespace brine::internal {
namespace {

constexpr size_t kMaxLength = 128;

// Whether the name is that of an input, an output or a state by which the host finds it in the training graph.
bool IsReserved(absl::string_view name) {
  constexpr absl::string_view kAlways[] = {"label", "rows",   "seed",      "step",
                                           "loss",  "output", "optimizer", "sample_weight"};
  if (std::find(std::begin(kAlways), std::end(kAlways), name) != std::end(kAlways)) return true;
  if (ir::FindMetric(name) != nullptr || ir::FindArgument(ir::SharedArguments(), name) != nullptr) return true;
  for (const ir::Optimizer& optimizer : ir::AllOptimizers()) {
    for (const ir::UpdateRule& rule : optimizer.rules) {
      if (std::find(rule.scalars.begin(), rule.scalars.end(), name) != rule.scalars.end()) return true;
      const auto is_operand = [&](const ir::UpdateOperand& operand) { return operand.name == name; };
      if (std::any_of(rule.operands.begin(), rule.operands.end(), is_operand)) return true;
    }
  }
  return false;
}

bool IsLegal(const std::string& name) {
  const auto is_legal = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kMaxLength && std::all_of(name.begin(), name.end(), is_legal);
}

// The name, or an empty one if it is illegal.
std::string CheckName(const std::string& name, const LayerRecord& layer, Mistakes& mistakes) {
  if (!IsLegal(name)) {
    mistakes.Add(layer.place, layer.prefix,
                 absl::StrCat("its name must be 1 to ", kMaxLength, " characters of A-Z a-z 0-9 _ -"));
    return "";
  }
  if (IsReserved(name)) mistakes.Add(layer.place, name, "the name is reserved");
  return name;
}

}  // namespace

std::map<const LayerRecord*, std::string> NameLayers(const std::vector<LayerRecord*>& layers, Mistakes& mistakes) {
  std::map<const LayerRecord*, std::string> names;
  std::map<std::string, const LayerRecord*> taken;
  for (const LayerRecord* layer : layers) {
    if (layer->name.empty()) continue;
    const std::string name = CheckName(layer->name, *layer, mistakes);
    if (name.empty()) continue;  // the layer gets an automatic name below
    const auto [other, is_new] = taken.emplace(name, layer);
    if (is_new)
      names[layer] = name;
    else
      mistakes.Add(layer->place, name,
                   absl::StrCat("the name is taken by the layer of ", other->second->place.file, ":",
                                other->second->place.line));
  }
  std::map<std::string, int> next;
  for (const LayerRecord* layer : layers) {
    if (names.find(layer) != names.end()) continue;
    std::string name;
    do {
      const int number = next[layer->prefix]++;
      name = number == 0 ? layer->prefix : absl::StrCat(layer->prefix, "_", number);
    } while (!taken.emplace(name, layer).second);
    names[layer] = name;
  }
  return names;
}

}  // namespace brine::internal
