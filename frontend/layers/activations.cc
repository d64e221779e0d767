#include "frontend/layers/activations.h"

#include <deque>
#include <vector>

namespace brine::internal {
namespace {

constexpr absl::string_view kLinear = "linear";

template <const ir::Op& op>
Symbol Apply(LayerBuilder& builder, const Symbol& x) {
  return builder.Emit(op, {x});
}

// A deque, because the pointers that CheckActivation returns stay valid when a row is added.
std::deque<Activation>& Table() {
  static auto* const table = new std::deque<Activation>{
      {"relu", Apply<ir::kRelu>},
      {"sigmoid", Apply<ir::kSigmoid>},
      {"tanh", Apply<ir::kTanh>},
      {"softmax", Apply<ir::kSoftmax>},
  };
  return *table;
}

}  // namespace

const Activation* CheckActivation(absl::string_view name, LayerBuilder& builder) {
  if (name.empty() || name == kLinear) return nullptr;
  std::vector<absl::string_view> names = {kLinear};
  for (const Activation& activation : Table()) {
    if (activation.name == name) return &activation;
    names.push_back(activation.name);
  }
  builder.Known("activation", name, names);
  return nullptr;
}

void AddActivation(const Activation& activation) { Table().push_back(activation); }

}  // namespace brine::internal
