#include "ir/draw.h"

#include "ir/philox.h"

namespace brine::ir {
namespace {

// Not 0, so that powers of t and random counters are not those of the first step, which could hide a mistake in them.
constexpr int64_t kStepsDone = 3;

// A sequence of random numbers that depends on a seed and a name.
class NamedSequence {
 public:
  NamedSequence(const std::string& name, uint64_t seed)
      : id_(NameId(name)), key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)} {}

  double Uniform(double least, double most) {
    return static_cast<float>(least + (most - least) * PhiloxUniform({count_++, 0, 0, id_}, key_));
  }
  int64_t Below(int64_t limit) {
    return static_cast<int64_t>(static_cast<double>(limit) * PhiloxUniform({count_++, 0, 0, id_}, key_));
  }

 private:
  uint32_t id_, count_ = 0;
  std::array<uint32_t, 2> key_;
};

template <typename Real>
void DrawLabels(NamedSequence& sequence, int64_t classes, Tensor<Real>& tensor) {
  for (int64_t& label : tensor.integers) label = sequence.Below(classes);
  if (tensor.real.empty()) return;
  const int64_t width = tensor.dims.back();
  for (int64_t row = 0; row < tensor.size() / width; ++row)
    tensor.real[static_cast<size_t>(row * width + sequence.Below(width))] = 1;
}

// Slots and statistics may be averages of squares, of which ops take the square root.
bool MayBeNegative(Role role) { return role != Role::kSlot && role != Role::kStatistic; }

}  // namespace

template <typename Real>
Tensors<Real> DrawGiven(const Graph& graph, int64_t rows, int64_t classes, uint64_t seed) {
  Tensors<Real> given = InitialStates<Real>(graph, seed);
  for (const State& state : graph.states) {
    const std::string& name = graph.value(state.value).name;
    const double least = MayBeNegative(state.role) ? -0.1 : 0.01;
    NamedSequence sequence(name, seed + 1);
    for (Real& element : given[name].real)
      element = static_cast<Real>(static_cast<float>(element + sequence.Uniform(least, 0.1)));
  }
  for (auto& [name, tensor] : HostInputs<Real>(graph, seed, kStepsDone, rows)) given[name] = std::move(tensor);
  for (const Input& input : graph.inputs) {
    const Value& value = graph.value(input.value);
    if (input.source != Source::kData && input.source != Source::kLabel) continue;
    NamedSequence sequence(value.name, seed);
    Tensor<Real>& tensor = given[value.name] = MakeTensor<Real>(value.type, rows);
    if (input.source == Source::kLabel) {
      DrawLabels(sequence, classes, tensor);
      continue;
    }
    for (Real& element : tensor.real) element = static_cast<Real>(sequence.Uniform(-1, 1));
    for (int64_t& element : tensor.integers) element = sequence.Below(256);
  }
  return given;
}

template Tensors<double> DrawGiven(const Graph&, int64_t, int64_t, uint64_t);
template Tensors<float> DrawGiven(const Graph&, int64_t, int64_t, uint64_t);

}  // namespace brine::ir
