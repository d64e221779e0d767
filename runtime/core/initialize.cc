#include "runtime/core/initialize.h"

#include <math.h>

#include "runtime/core/philox.h"

namespace {

// A variable as a matrix, whose columns are the last axis.
struct Matrix {
  int64_t rows, columns;
};

Matrix MatrixOf(const brine_variable* variable) {
  const int64_t columns = variable->rank == 0 ? 1 : variable->dims[variable->rank - 1];
  return {brine_variable_elements(variable) / columns, columns};
}

bool IsDistribution(const brine_variable* variable) {
  return variable->initializer == BRINE_UNIFORM || variable->initializer == BRINE_TRUNCATED_NORMAL ||
         variable->initializer == BRINE_NORMAL;
}

double Draw(const brine_variable* variable, uint64_t seed, int64_t element) {
  const uint32_t position = (uint32_t)element;
  switch (variable->initializer) {
    case BRINE_UNIFORM:
      return 2 * brine_uniform(seed, position, 0, variable->id) - 1;
    case BRINE_TRUNCATED_NORMAL:
      return brine_truncated_normal(seed, position, variable->id);
    default:
      return brine_normal(seed, position, variable->id, 0);
  }
}

// Makes the vectors of a matrix orthonormal: vector j is data[j·step], data[j·step + stride], …  (The modified method
// of Gram and Schmidt.  Since one pass may leave a part of the earlier vectors, there is a second one: Giraud et al.,
// "The loss of orthogonality in the Gram-Schmidt orthogonalization process" (2005).)  Sums are computed in double and
// in order; each new element is rounded to float.
void MakeOrthonormal(float* data, int64_t vectors, int64_t step, int64_t length, int64_t stride) {
  for (int64_t j = 0; j < vectors; ++j) {
    float* const v = data + j * step;
    for (int pass = 0; pass < 2; ++pass) {
      for (int64_t i = 0; i <= j; ++i) {
        const float* const u = data + i * step;
        double product = 0;
        for (int64_t k = 0; k < length; ++k) product += (double)u[k * stride] * v[k * stride];
        const double scale = i == j ? 1 / sqrt(product) : product;
        for (int64_t k = 0; k < length; ++k)
          v[k * stride] = (float)(i == j ? v[k * stride] * scale : v[k * stride] - scale * u[k * stride]);
      }
    }
  }
}

}  // namespace

int64_t brine_variable_elements(const brine_variable* variable) {
  int64_t elements = 1;
  for (int axis = 0; axis < variable->rank; ++axis) elements *= variable->dims[axis];
  return elements;
}

void brine_initialize(const brine_variable* variable, uint64_t seed, float* data) {
  const int64_t elements = brine_variable_elements(variable);
  const Matrix matrix = MatrixOf(variable);
  for (int64_t element = 0; element < elements; ++element) {
    double value = variable->argument;
    if (variable->initializer == BRINE_IDENTITY)
      value = element / matrix.columns == element % matrix.columns ? value : 0;
    else if (variable->initializer == BRINE_ORTHOGONAL)
      value = Draw(variable, seed, element);
    else if (IsDistribution(variable))
      value = variable->mean + value * Draw(variable, seed, element);
    data[element] = (float)value;
  }
  if (variable->initializer != BRINE_ORTHOGONAL) return;
  if (matrix.rows < matrix.columns)
    MakeOrthonormal(data, matrix.rows, matrix.columns, matrix.columns, 1);
  else
    MakeOrthonormal(data, matrix.columns, 1, matrix.rows, matrix.columns);
  for (int64_t element = 0; element < elements; ++element) data[element] = (float)(variable->argument * data[element]);
}
