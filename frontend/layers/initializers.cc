#include "frontend/layers/initializers.h"

#include <cfloat>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "frontend/layers/layer_builder.h"

namespace brine::internal {
namespace {

// The standard deviation of a standard normal distribution that is truncated at ±2.  Keras divides by it, so that the
// truncated distribution has the variance that the initializer asks for.
constexpr double kTruncatedDeviation = 0.87962566103423978;

struct Fans {
  double in = 1;
  double out = 1;
};

Fans FansOf(const ir::Shape& shape) {
  Fans fans;
  if (shape.size() == 1) return {static_cast<double>(shape[0]), static_cast<double>(shape[0])};
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis + 1 != shape.size()) fans.in *= static_cast<double>(shape[axis]);
    if (axis + 2 != shape.size()) fans.out *= static_cast<double>(shape[axis]);
  }
  return fans;
}

struct InitializerRow {
  const char* name;
  ir::InitializerKind kind;
  double (*argument)(const Fans& fans, double constant);  // ir::Initializer::argument
};
// glorot_uniform is of Glorot and Bengio (2010), he_normal of He et al. (2015).
constexpr InitializerRow kRows[] = {
    {"glorot_uniform", ir::InitializerKind::kUniform,
     [](const Fans& fans, double) { return std::sqrt(6 / (fans.in + fans.out)); }},
    {"he_normal", ir::InitializerKind::kTruncatedNormal,
     [](const Fans& fans, double) { return std::sqrt(2 / fans.in) / kTruncatedDeviation; }},
    {"zeros", ir::InitializerKind::kConstant, [](const Fans&, double) { return 0.0; }},
    {"ones", ir::InitializerKind::kConstant, [](const Fans&, double) { return 1.0; }},
    {"constant", ir::InitializerKind::kConstant, [](const Fans&, double constant) { return constant; }},
};

}  // namespace

absl::StatusOr<ir::Initializer> ResolveInitializer(const Initializer& initializer, const ir::Shape& shape) {
  for (const InitializerRow& row : kRows) {
    if (initializer.name != row.name) continue;
    if (!(std::abs(initializer.value) <= FLT_MAX)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the constant must be a finite float32 number, got ", initializer.value));
    }
    return ir::Initializer{row.kind, row.argument(FansOf(shape), initializer.value)};
  }
  const std::string known =
      absl::StrJoin(kRows, ", ", [](std::string* out, const InitializerRow& row) { absl::StrAppend(out, row.name); });
  return absl::InvalidArgumentError(
      absl::StrCat("unknown initializer ", Quoted(initializer.name), "; known are ", known));
}

}  // namespace brine::internal
