// The values that the host gives to states and inputs, for the interpreter.  The runtime implements the same formulas
// on its own (runtime/core/philox.cc, state.cc).  With w₀ and w₁ the first two words of Philox for the counter
// (element, 0, NameId of the state's name, attempt), attempt being 0 at first, an element is as below.  An average has
// the name of its parameter here, so that it begins like the parameter.
//
//   constant          the argument
//   uniform           limit·(2u − 1), where u = ⌊w₀ / 2⁸⌋·2⁻²⁴
//   truncated_normal  deviation·z, where z = √(−2 ln u₁)·cos 2πu₂ (Box and Muller 1958) with u₁ = (w₀ + ½)·2⁻³² and
//                     u₂ = w₁·2⁻³²; if |z| > 2, z is computed again with the next attempt
//
// All of this is computed in double and rounded to f32, whatever the precision of the interpreter.
#include <cmath>
#include <numbers>

#include "ir/expression.h"
#include "ir/interpret.h"
#include "ir/philox.h"
#include "ir/training.h"

namespace brine::ir {
namespace {

double TruncatedNormal(uint32_t element, uint32_t id, std::array<uint32_t, 2> key) {
  for (uint32_t attempt = 0;; ++attempt) {
    const std::array<uint32_t, 4> words = Philox({element, 0, id, attempt}, key);
    const double u1 = (words[0] + 0.5) * 0x1p-32, u2 = words[1] * 0x1p-32;
    const double z = std::sqrt(-2 * std::log(u1)) * std::cos(2 * std::numbers::pi * u2);
    if (std::abs(z) <= 2) return z;
  }
}

double InitialElement(const Initializer& initializer, uint32_t element, uint32_t id, std::array<uint32_t, 2> key) {
  switch (initializer.kind) {
    case InitializerKind::kConstant:
      return initializer.argument;
    case InitializerKind::kUniform:
      return initializer.argument * (2 * PhiloxUniform({element, 0, id, 0}, key) - 1);
    case InitializerKind::kTruncatedNormal:
      return initializer.argument * TruncatedNormal(element, id, key);
  }
  return 0;
}

// The value of a scalar input: that of `scalars`, or the graph's initial value if `scalars` does not name the input.
double ScalarValue(const Graph& graph, const std::map<std::string, double>& scalars, ValueId value) {
  const auto it = scalars.find(graph.value(value).name);
  return it != scalars.end() ? it->second : graph.FindInput(value)->initial;
}

}  // namespace

template <typename Real>
Tensors<Real> InitialStates(const Graph& graph, uint64_t seed) {
  const std::array<uint32_t, 2> key = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  Tensors<Real> states;
  for (const State& state : graph.states) {
    const Value& value = graph.value(state.value);
    const uint32_t id = NameId(state.role == Role::kAverage ? ParameterOfAverage(value.name) : value.name);
    Tensor<Real> tensor = MakeTensor<Real>(value.type, 1);  // states do not depend on n
    for (size_t i = 0; i < tensor.real.size(); ++i) {
      tensor.real[i] =
          static_cast<Real>(static_cast<float>(InitialElement(state.initializer, static_cast<uint32_t>(i), id, key)));
    }
    for (int64_t& element : tensor.integers) element = static_cast<int64_t>(state.initializer.argument);
    states[value.name] = std::move(tensor);
  }
  return states;
}

template <typename Real>
Tensors<Real> HostInputs(const Graph& graph, uint64_t seed, int64_t steps_done, int64_t rows,
                         const std::map<std::string, double>& scalars) {
  std::map<ValueId, double> results;  // of the expressions so far
  const auto scalar = [&](ValueId value) {
    const auto result = results.find(value);
    return result != results.end() ? result->second : ScalarValue(graph, scalars, value);
  };
  Tensors<Real> inputs;
  for (const Input& input : graph.inputs) {
    if (input.source == Source::kData || input.source == Source::kLabel) continue;
    const Value& value = graph.value(input.value);
    Tensor<Real>& tensor = inputs[value.name] = MakeTensor<Real>(value.type, rows);
    switch (input.source) {
      case Source::kScalar:
        tensor.real[0] = static_cast<Real>(scalar(input.value));
        break;
      case Source::kSeed:
        tensor.integers = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
        break;
      case Source::kStep:
        tensor.integers[0] = static_cast<uint32_t>(steps_done);
        break;
      case Source::kRows:
        tensor.real[0] = static_cast<Real>(rows);
        break;
      case Source::kExpression:
        results[input.value] = Evaluate(input.expression, steps_done, scalar);
        tensor.real[0] = static_cast<Real>(results[input.value]);
        break;
      case Source::kWeight:
        std::fill(tensor.real.begin(), tensor.real.end(), static_cast<Real>(1 / static_cast<double>(rows)));
        break;
      case Source::kData:
      case Source::kLabel:
        break;
    }
  }
  return inputs;
}

template Tensors<double> InitialStates(const Graph&, uint64_t);
template Tensors<float> InitialStates(const Graph&, uint64_t);
template Tensors<double> HostInputs(const Graph&, uint64_t, int64_t, int64_t, const std::map<std::string, double>&);
template Tensors<float> HostInputs(const Graph&, uint64_t, int64_t, int64_t, const std::map<std::string, double>&);

}  // namespace brine::ir
