// The values that the host gives to states and inputs, for the interpreter.  The runtime implements the same formulas
// on its own (runtime/core/philox.cc, state.cc).  With w₀ and w₁ the first two words of Philox for the counter
// (element, 0, NameId of the state's name, attempt), attempt being 0 at first, an element is as below.  An average has
// the name of its parameter here, so that it begins like the parameter.
//
//   constant          the argument
//   data_…            the argument, since the interpreter has no training data
//   uniform           mean + argument·(2u − 1), where u = ⌊w₀ / 2⁸⌋·2⁻²⁴
//   normal            mean + argument·z, where z = √(−2 ln u₁)·cos 2πu₂ (Box and Muller 1958) with u₁ = (w₀ + ½)·2⁻³²
//                     and u₂ = w₁·2⁻³²
//   truncated_normal  the same, but if |z| > 2, z is computed again with the next attempt
//   identity          the argument where row and column of a matrix have the same number, else 0
//   orthogonal        argument·q, where q is computed from numbers z of the tensor as a matrix, whose columns are the
//                     last axis.  Its columns, or its rows if there are fewer of them, are made orthonormal from the
//                     first to the last: v ← v − (u·v)·u for each earlier u, and v ← v / |v|, twice.  That is the Q of
//                     the QR factorization whose R has a positive diagonal.
//
// All of this is computed in double and rounded to f32, whatever the precision of the interpreter.  For `orthogonal`,
// each z and each new v are rounded; sums are in order.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "ir/check.h"
#include "ir/expression.h"
#include "ir/interpret.h"
#include "ir/philox.h"
#include "ir/training.h"

namespace brine::ir {
namespace {

using Key = std::array<uint32_t, 2>;

double Normal(uint32_t element, uint32_t id, uint32_t attempt, Key key) {
  const std::array<uint32_t, 4> words = Philox({element, 0, id, attempt}, key);
  const double u1 = (words[0] + 0.5) * 0x1p-32, u2 = words[1] * 0x1p-32;
  return std::sqrt(-2 * std::log(u1)) * std::cos(2 * std::numbers::pi * u2);
}

double TruncatedNormal(uint32_t element, uint32_t id, Key key) {
  for (uint32_t attempt = 0;; ++attempt) {
    const double z = Normal(element, id, attempt, key);
    if (std::abs(z) <= 2) return z;
  }
}

// The element of an initializer other than `orthogonal`, of a tensor with this last extent.
double InitialElement(const Initializer& initializer, uint32_t element, uint32_t columns, uint32_t id, Key key) {
  const double argument = initializer.argument, mean = initializer.mean;
  switch (initializer.kind) {
    case InitializerKind::kConstant:
    case InitializerKind::kDataMean:
    case InitializerKind::kDataVariance:
      return argument;
    case InitializerKind::kUniform:
      return mean + argument * (2 * PhiloxUniform({element, 0, id, 0}, key) - 1);
    case InitializerKind::kTruncatedNormal:
      return mean + argument * TruncatedNormal(element, id, key);
    case InitializerKind::kNormal:
      return mean + argument * Normal(element, id, 0, key);
    case InitializerKind::kIdentity:
      return element / columns == element % columns ? argument : 0;
    case InitializerKind::kOrthogonal:
      break;
  }
  BRINE_CHECK(false);
}

double Dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t k = 0; k < a.size(); ++k) sum += static_cast<double>(a[k]) * b[k];
  return sum;
}

// The orthonormal vectors that Gram and Schmidt's method makes of `vectors`.
void MakeOrthonormal(std::vector<std::vector<float>>& vectors) {
  for (size_t j = 0; j < vectors.size(); ++j) {
    std::vector<float>& v = vectors[j];
    for (int pass = 0; pass < 2; ++pass) {
      for (size_t i = 0; i < j; ++i) {
        const double part = Dot(vectors[i], v);
        for (size_t k = 0; k < v.size(); ++k) v[k] = static_cast<float>(v[k] - part * vectors[i][k]);
      }
      const double scale = 1 / std::sqrt(Dot(v, v));
      for (float& element : v) element = static_cast<float>(element * scale);
    }
  }
}

// The elements of an orthogonal matrix times `factor`, in C order.
std::vector<float> OrthogonalMatrix(double factor, size_t rows, size_t columns, uint32_t id, Key key) {
  const bool by_rows = rows < columns;
  std::vector<std::vector<float>> vectors(std::min(rows, columns), std::vector<float>(std::max(rows, columns)));
  const auto element = [&](size_t row, size_t column) -> float& {
    return by_rows ? vectors[row][column] : vectors[column][row];
  };
  for (size_t i = 0; i < rows * columns; ++i)
    element(i / columns, i % columns) = static_cast<float>(Normal(static_cast<uint32_t>(i), id, 0, key));
  MakeOrthonormal(vectors);
  std::vector<float> elements;
  for (size_t i = 0; i < rows * columns; ++i)
    elements.push_back(static_cast<float>(factor * element(i / columns, i % columns)));
  return elements;
}

// The value of a scalar input: that of `scalars`, or the graph's initial value if `scalars` does not name the input.
double ScalarValue(const Graph& graph, const std::map<std::string, double>& scalars, ValueId value) {
  const auto it = scalars.find(graph.value(value).name);
  return it != scalars.end() ? it->second : graph.FindInput(value)->initial;
}

}  // namespace

template <typename Real>
Tensors<Real> InitialStates(const Graph& graph, uint64_t seed) {
  const Key key = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  Tensors<Real> states;
  for (const State& state : graph.states) {
    const Value& value = graph.value(state.value);
    const uint32_t id = NameId(state.role == Role::kAverage ? ParameterOfAverage(value.name) : value.name);
    Tensor<Real> tensor = MakeTensor<Real>(value.type, 1);  // states do not depend on n
    const size_t columns = tensor.dims.empty() ? 1 : static_cast<size_t>(tensor.dims.back());
    if (state.initializer.kind == InitializerKind::kOrthogonal) {
      const std::vector<float> elements =
          OrthogonalMatrix(state.initializer.argument, tensor.real.size() / columns, columns, id, key);
      tensor.real.assign(elements.begin(), elements.end());
    } else {
      for (size_t i = 0; i < tensor.real.size(); ++i) {
        tensor.real[i] = static_cast<Real>(static_cast<float>(
            InitialElement(state.initializer, static_cast<uint32_t>(i), static_cast<uint32_t>(columns), id, key)));
      }
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
        tensor.integers = {static_cast<uint32_t>(steps_done), 0};
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
