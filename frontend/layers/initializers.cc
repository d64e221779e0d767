#include "frontend/layers/initializers.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "frontend/layers/layer_builder.h"
#include "ir/check.h"

namespace brine::internal {
namespace {

using ir::InitializerKind;

// The row of a table with this name; null if there is none.
template <typename Rows>
auto FindRow(const Rows& rows, absl::string_view name) {
  const auto row =
      std::find_if(std::begin(rows), std::end(rows), [&](const auto& known) { return name == known.name; });
  return row == std::end(rows) ? nullptr : &*row;
}

// ---- Distributions whose variance is scale / n, where n follows from the numbers of inputs and outputs of a unit

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

struct Mode {
  const char* name;
  double (*n)(const Fans& fans);
};
constexpr Mode kModes[] = {{"fan_in", [](const Fans& fans) { return fans.in; }},
                           {"fan_out", [](const Fans& fans) { return fans.out; }},
                           {"fan_avg", [](const Fans& fans) { return (fans.in + fans.out) / 2; }}};

// The standard deviation of a standard normal distribution that is truncated at ±2.  Keras divides by it, so that the
// truncated distribution has the variance that the initializer asks for.
constexpr double kTruncatedDeviation = 0.87962566103423978;

struct Distribution {
  const char* name;
  InitializerKind kind;
  double (*argument)(double scale, double n);  // of the ir::Initializer
};
constexpr Distribution kDistributions[] = {
    {"truncated_normal", InitializerKind::kTruncatedNormal,
     [](double scale, double n) { return std::sqrt(scale / n) / kTruncatedDeviation; }},
    {"untruncated_normal", InitializerKind::kNormal, [](double scale, double n) { return std::sqrt(scale / n); }},
    {"uniform", InitializerKind::kUniform, [](double scale, double n) { return std::sqrt(3 * scale / n); }}};

constexpr const char* kVarianceScaling = "variance_scaling";

struct Scaling {
  const char* name;
  double scale;
  const char* mode;
  const char* distribution;
};
constexpr Scaling kScalings[] = {
    {"glorot_uniform", 1, "fan_avg", "uniform"}, {"glorot_normal", 1, "fan_avg", "truncated_normal"},
    {"he_uniform", 2, "fan_in", "uniform"},      {"he_normal", 2, "fan_in", "truncated_normal"},
    {"lecun_uniform", 1, "fan_in", "uniform"},   {"lecun_normal", 1, "fan_in", "truncated_normal"},
};

ir::Initializer Resolve(const Scaling& scaling, const ir::Shape& shape) {
  const double n = FindRow(kModes, scaling.mode)->n(FansOf(shape));
  const Distribution& distribution = *FindRow(kDistributions, scaling.distribution);
  return {distribution.kind, distribution.argument(scaling.scale, std::max(1.0, n))};
}

// ---- Initializers that do not depend on the shape

struct Argument {
  const char* name;
  double fallback;
};

using Values = std::vector<double>;  // of the arguments

struct PlainRow {
  const char* name;
  std::vector<Argument> arguments;
  ir::Initializer (*resolve)(const Values& values);
  int least_rank = 0, most_rank = ir::kMaxRank;   // of a weight
  const char* (*fault)(const Values&) = nullptr;  // why finite values are illegal; null if they are not
};

template <InitializerKind kind>
ir::Initializer OfArgument(const Values& values) {
  return {kind, values[0]};
}
template <InitializerKind kind>
ir::Initializer OfMeanAndDeviation(const Values& values) {
  return {kind, values[1], values[0]};
}

const char* CheckDeviation(const Values& values) { return values[1] < 0 ? "stddev must not be negative" : nullptr; }
const char* CheckLimits(const Values& values) {
  return values[0] > values[1] ? "minval must not exceed maxval" : nullptr;
}

const std::vector<PlainRow>& PlainRows() {
  static const auto* const rows = new std::vector<PlainRow>{
      {"zeros",
       {},
       [](const Values&) {
         return ir::Initializer{InitializerKind::kConstant, 0};
       }},
      {"ones",
       {},
       [](const Values&) {
         return ir::Initializer{InitializerKind::kConstant, 1};
       }},
      {"constant", {{"value", 0}}, OfArgument<InitializerKind::kConstant>},
      {"random_uniform",
       {{"minval", -0.05}, {"maxval", 0.05}},
       [](const Values& values) {
         const double center = (values[0] + values[1]) / 2;
         return ir::Initializer{InitializerKind::kUniform, values[1] - center, center};
       },
       0,
       ir::kMaxRank,
       CheckLimits},
      {"random_normal",
       {{"mean", 0}, {"stddev", 0.05}},
       OfMeanAndDeviation<InitializerKind::kNormal>,
       0,
       ir::kMaxRank,
       CheckDeviation},
      {"truncated_normal",
       {{"mean", 0}, {"stddev", 0.05}},
       OfMeanAndDeviation<InitializerKind::kTruncatedNormal>,
       0,
       ir::kMaxRank,
       CheckDeviation},
      {"orthogonal", {{"gain", 1}}, OfArgument<InitializerKind::kOrthogonal>, 2},
      {"identity", {{"gain", 1}}, OfArgument<InitializerKind::kIdentity>, 2, 2},
  };
  return *rows;
}

// ---- Arguments

const std::vector<Argument>& ArgumentsOf(absl::string_view name) {
  static const auto* const none = new std::vector<Argument>();
  static const auto* const scale = new std::vector<Argument>{{"scale", 1}};
  const PlainRow* const row = FindRow(PlainRows(), name);
  return row != nullptr ? row->arguments : name == kVarianceScaling ? *scale : *none;
}

Values ValuesOf(const Initializer& initializer) {
  Values values;
  for (const Argument& argument : ArgumentsOf(initializer.name)) {
    const NamedNumber* const given = FindRow(initializer.arguments, argument.name);
    values.push_back(given == nullptr ? argument.fallback : given->value.value());
  }
  return values;
}

std::vector<absl::string_view> KnownNames() {
  std::vector<absl::string_view> names;
  for (const Scaling& row : kScalings) names.push_back(row.name);
  for (const PlainRow& row : PlainRows()) names.push_back(row.name);
  names.push_back(kVarianceScaling);
  return names;
}

template <typename Rows>
void CheckChoice(const char* what, const std::string& name, const Rows& rows, std::vector<std::string>& faults) {
  if (name.empty() || FindRow(rows, name) != nullptr) return;
  std::vector<absl::string_view> known;
  for (const auto& row : rows) known.push_back(row.name);
  faults.push_back(Unknown(what, name, known));
}

void CheckArguments(const Initializer& initializer, std::vector<std::string>& faults) {
  for (const NamedNumber& given : initializer.arguments) {
    if (FindRow(ArgumentsOf(initializer.name), given.name) == nullptr)
      faults.push_back(absl::StrCat(initializer.name, " takes no ", Quoted(given.name)));
    else if (std::string fault = FiniteFault(given.name, given.value.value()); !fault.empty())
      faults.push_back(std::move(fault));
  }
}

}  // namespace

std::vector<std::string> FaultsOf(const Initializer& initializer) {
  const std::vector<absl::string_view> known = KnownNames();
  if (std::find(known.begin(), known.end(), initializer.name) == known.end())
    return {Unknown("initializer", initializer.name, known)};
  std::vector<std::string> faults;
  CheckArguments(initializer, faults);
  CheckChoice("mode", initializer.mode, kModes, faults);
  CheckChoice("distribution", initializer.distribution, kDistributions, faults);
  if (!faults.empty()) return faults;
  const Values values = ValuesOf(initializer);
  const PlainRow* const row = FindRow(PlainRows(), initializer.name);
  const char* const fault = row != nullptr && row->fault != nullptr ? row->fault(values) : nullptr;
  if (fault != nullptr) faults.push_back(fault);
  if (initializer.name == kVarianceScaling && values[0] <= 0)
    faults.push_back(absl::StrCat("scale must be positive, got ", values[0]));
  return faults;
}

absl::StatusOr<ir::Initializer> ResolveInitializer(const Initializer& initializer, const ir::Shape& shape) {
  const Values values = ValuesOf(initializer);
  if (initializer.name == kVarianceScaling) {
    const std::string mode = initializer.mode.empty() ? "fan_in" : initializer.mode;
    const std::string distribution = initializer.distribution.empty() ? "truncated_normal" : initializer.distribution;
    return Resolve({kVarianceScaling, values[0], mode.c_str(), distribution.c_str()}, shape);
  }
  if (const Scaling* const scaling = FindRow(kScalings, initializer.name)) return Resolve(*scaling, shape);
  const PlainRow* const row = FindRow(PlainRows(), initializer.name);
  BRINE_CHECK(row != nullptr);
  const int rank = static_cast<int>(shape.size());
  if (rank >= row->least_rank && rank <= row->most_rank) return row->resolve(values);
  return absl::InvalidArgumentError(absl::StrCat(row->name, " is for weights with two ",
                                                 row->most_rank == 2 ? "axes" : "or more axes", ", not for ",
                                                 ShapeText(shape)));
}

}  // namespace brine::internal
