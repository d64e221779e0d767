#include "codegen/halide/conv/winograd_transforms.h"

#include <algorithm>

namespace brine::codegen {

using Halide::Expr;

namespace {

// Σ factors[i] · terms[i], without multiplications by 0, 1 and −1.
Expr Combine(const std::array<double, kMaxPoints>& factors, const std::vector<Expr>& terms) {
  Expr sum;
  for (size_t index = 0; index < terms.size(); ++index) {
    const double factor = factors[index];
    if (factor == 0) continue;
    const Expr term =
        factor == 1 || factor == -1 ? terms[index] : terms[index] * static_cast<float>(factor < 0 ? -factor : factor);
    if (sum.defined())
      sum = factor < 0 ? sum - term : sum + term;
    else
      sum = factor < 0 ? -term : term;
  }
  return sum;
}

}  // namespace

// The Toom–Cook construction.  The product of two polynomials is interpolated from its values at points, the last of
// which is infinity, where a polynomial has its highest coefficient as its value.  This map from values to
// coefficients, transposed, computes a correlation instead; see S. Winograd, "Arithmetic Complexity of Computations",
// 1980, chapter IV.
//   output[i][p] = p^i,   filter[p][j] = p^j / Π over other points q of (p − q),
//   input[p] = the coefficients of Π over other points q of (x − q)
Transforms MakeTransforms(int size, int taps) {
  using Points = std::array<double, kMaxPoints - 1>;
  // Of the first points, many elements of the input's map are 0.  Where fourth powers of points occur, the second ones
  // halve the rounding error; see B. Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd
  // Convolution for Deep Neural Networks", 2020.
  constexpr Points kOfFewTaps = {0, 1, -1, 2, -2}, kOfManyTaps = {0, 1, -1, 0.5, -2};
  const Points& finite = std::max(size, taps) > 4 ? kOfManyTaps : kOfFewTaps;
  const int points = size + taps - 1, finite_points = points - 1;
  Transforms result = {};
  const auto power = [](double base, int exponent) {
    double value = 1;
    while (exponent-- > 0) value *= base;
    return value;
  };
  for (int point = 0; point < points; ++point) {
    // The coefficients of Π (x − q) over the other finite points q.
    std::array<double, kMaxPoints> polynomial = {1};
    double scale = 1;
    int degree = 0;
    for (int other = 0; other < finite_points; ++other) {
      if (other == point) continue;
      for (int coefficient = ++degree; coefficient > 0; --coefficient)
        polynomial[coefficient] = polynomial[coefficient - 1] - finite[other] * polynomial[coefficient];
      polynomial[0] *= -finite[other];
      if (point < finite_points) scale *= finite[point] - finite[other];
    }
    // The sign of the denominator moves from the filters to the input, where it costs nothing: there it exchanges
    // additions and subtractions.
    const double sign = scale < 0 ? -1 : 1;
    for (int coefficient = 0; coefficient <= degree; ++coefficient)
      result.input[point][coefficient] = sign * polynomial[coefficient];
    for (int tap = 0; tap < taps; ++tap)
      result.filter[point][tap] = point < finite_points ? sign * power(finite[point], tap) / scale : tap == taps - 1;
    for (int row = 0; row < size; ++row)
      result.output[row][point] = point < finite_points ? power(finite[point], row) : row == size - 1;
  }
  return result;
}

Expr Transform(const TransformMatrix& matrix, int rows, const Expr& index, const std::vector<Expr>& terms) {
  std::vector<Expr> results;
  for (int row = 0; row < rows; ++row) results.push_back(Combine(matrix[static_cast<size_t>(row)], terms));
  return Halide::mux(index, results);
}

std::vector<Expr> MakeTerms(int count, const std::function<Expr(int)>& term) {
  std::vector<Expr> terms;
  for (int index = 0; index < count; ++index) terms.push_back(term(index));
  return terms;
}

}  // namespace brine::codegen
