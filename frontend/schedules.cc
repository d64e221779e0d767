// The schedules of brine/schedules.h as formulas.  Their numbers are named scalars, and their mistakes are collected,
// so that Compile() can report them with its line.
#include "frontend/brine/schedules.h"

#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "ir/arguments.h"

namespace brine {
namespace {

// The arguments of one schedule: checks them, and makes scalars of them.
class Arguments {
 public:
  explicit Arguments(std::string schedule) : schedule_(std::move(schedule)) {}

  Number Take(const std::string& name, Real value, const ir::Range& range) {
    const bool is_legal = range.Contains(value.value());
    if (!is_legal) Mistake(absl::StrCat(name, " must be ", ir::ToString(range), ", got ", value.value()));
    return NamedScalar(name, is_legal ? value : Real(1));
  }
  Number Rate(const std::string& name, Real value) { return Take(name, value, ir::kAtLeastZero); }
  Number Steps(const std::string& name, Real value) { return Take(name, value, ir::kPositive); }
  void Mistake(const std::string& sentence) { mistakes_.push_back(absl::StrCat(schedule_, ": ", sentence)); }

  LearningRateSchedule Finish(Number rate) { return {std::move(rate), std::move(mistakes_)}; }

 private:
  const std::string schedule_;
  std::vector<std::string> mistakes_;
};

Number StepsDone() { return Number::Step() - 1; }

// From 1 to 0 along half a wave of the cosine, as `share` goes from 0 to 1.
Number CosineFall(const Number& share) { return 0.5 * (1 + Cos(std::numbers::pi * share)); }

// Of two numbers that are equal but for rounding, floor may take them apart.
constexpr double kRounding = 1e-9;

}  // namespace

LearningRateSchedule PiecewiseConstantDecay(PiecewiseConstantDecayOptions options) {
  Arguments arguments("PiecewiseConstantDecay");
  const std::vector<Real>&boundaries = options.boundaries, &values = options.values;
  if (boundaries.empty()) arguments.Mistake("boundaries must not be empty");
  if (values.size() != boundaries.size() + 1) {
    arguments.Mistake(
        absl::StrCat("there must be one value more than boundaries, got ", values.size(), " and ", boundaries.size()));
    return arguments.Finish(1);
  }
  for (size_t index = 0; index < boundaries.size(); ++index) {
    const bool ascends = index == 0 || boundaries[index - 1].value() < boundaries[index].value();
    if (!ascends)
      arguments.Mistake(absl::StrCat("boundaries must ascend, got ", boundaries[index].value(), " after ",
                                     boundaries[index - 1].value()));
  }
  Number rate = arguments.Rate("values/0", values[0]);
  for (size_t index = 0; index < boundaries.size(); ++index) {
    const Number boundary = arguments.Take(absl::StrCat("boundaries/", index), boundaries[index], ir::kAtLeastZero);
    rate = Select(boundary < StepsDone(), arguments.Rate(absl::StrCat("values/", index + 1), values[index + 1]), rate);
  }
  return arguments.Finish(rate);
}

LearningRateSchedule ExponentialDecay(ExponentialDecayOptions options) {
  Arguments arguments("ExponentialDecay");
  const Number initial = arguments.Rate("initial_learning_rate", options.initial_learning_rate);
  const Number exponent = StepsDone() / arguments.Steps("decay_steps", options.decay_steps);
  const Number base = arguments.Rate("decay_rate", options.decay_rate);
  return arguments.Finish(initial * Pow(base, options.staircase ? Floor(exponent) : exponent));
}

LearningRateSchedule PolynomialDecay(PolynomialDecayOptions options) {
  Arguments arguments("PolynomialDecay");
  const Number initial = arguments.Rate("initial_learning_rate", options.initial_learning_rate);
  const Number end = arguments.Rate("end_learning_rate", options.end_learning_rate);
  const Number length = arguments.Steps("decay_steps", options.decay_steps);
  const Number power = arguments.Steps("power", options.power);
  const Number ceiling = -Floor(-(StepsDone() / length));
  const Number share = options.cycle ? StepsDone() / (length * Max(1, ceiling)) : Min(StepsDone(), length) / length;
  return arguments.Finish((initial - end) * Pow(1 - share, power) + end);
}

LearningRateSchedule InverseTimeDecay(InverseTimeDecayOptions options) {
  Arguments arguments("InverseTimeDecay");
  const Number initial = arguments.Rate("initial_learning_rate", options.initial_learning_rate);
  const Number quotient = StepsDone() / arguments.Steps("decay_steps", options.decay_steps);
  const Number rate = arguments.Rate("decay_rate", options.decay_rate);
  return arguments.Finish(initial / (1 + rate * (options.staircase ? Floor(quotient) : quotient)));
}

LearningRateSchedule CosineDecay(CosineDecayOptions options) {
  Arguments arguments("CosineDecay");
  const Number initial = arguments.Rate("initial_learning_rate", options.initial_learning_rate);
  const Number length = arguments.Steps("decay_steps", options.decay_steps);
  const Number alpha = arguments.Take("alpha", options.alpha, ir::kFromZeroToOne);
  const auto decayed = [&](const Number& top, const Number& step) {
    return top * ((1 - alpha) * CosineFall(Min(step, length) / length) + alpha);
  };
  if (!options.warmup_target) {
    if (options.warmup_steps.value() != 0) arguments.Mistake("warmup_steps needs a warmup_target");
    return arguments.Finish(decayed(initial, StepsDone()));
  }
  const Number top = arguments.Rate("warmup_target", *options.warmup_target);
  const Number warmup = arguments.Take("warmup_steps", options.warmup_steps, ir::kAtLeastZero);
  return arguments.Finish(Select(StepsDone() < warmup, (top - initial) * (StepsDone() / warmup) + initial,
                                 decayed(top, StepsDone() - warmup)));
}

LearningRateSchedule CosineDecayRestarts(CosineDecayRestartsOptions options) {
  Arguments arguments("CosineDecayRestarts");
  const Number initial = arguments.Rate("initial_learning_rate", options.initial_learning_rate);
  const Number first = arguments.Steps("first_decay_steps", options.first_decay_steps);
  const Number growth = arguments.Take("t_mul", options.t_mul, {.least = 1});
  const Number factor = arguments.Rate("m_mul", options.m_mul);
  const Number alpha = arguments.Take("alpha", options.alpha, ir::kFromZeroToOne);
  const Number periods = StepsDone() / first;
  // The decays before restart i take (1 − growthⁱ) / (1 − growth) times as many steps as the first, or i times.
  const bool grows = options.t_mul.value() != 1;
  const Number restarts = Floor(grows ? Log(1 - periods * (1 - growth)) / Log(growth) + kRounding : periods);
  const Number before = grows ? (1 - Pow(growth, restarts)) / (1 - growth) : restarts;
  const Number share = grows ? (periods - before) / Pow(growth, restarts) : periods - before;
  return arguments.Finish(initial * ((1 - alpha) * (Pow(factor, restarts) * CosineFall(share)) + alpha));
}

LearningRateSchedule OneCycle(OneCycleOptions options) {
  Arguments arguments("OneCycle");
  const Number top = arguments.Rate("max_lr", options.max_lr);
  const Number total = arguments.Take("total_steps", options.total_steps, {.least = 2});
  const Number start = arguments.Take("pct_start", options.pct_start, ir::kFromZeroToOne);
  const Number initial = top / arguments.Steps("div_factor", options.div_factor);
  const Number last = initial / arguments.Steps("final_div_factor", options.final_div_factor);
  const double rising = options.pct_start.value() * options.total_steps.value();
  if (!(rising > 1 && rising < options.total_steps.value()))
    arguments.Mistake("pct_start·total_steps must be above 1 and below total_steps");
  const Number peak = start * total - 1, end = total - 1;
  const auto between = [](const Number& from, const Number& to, const Number& share) {
    return to + (from - to) / 2 * (1 + Cos(std::numbers::pi * share));
  };
  const Number step = Min(StepsDone(), end);
  return arguments.Finish(
      Select(peak < step, between(top, last, (step - peak) / (end - peak)), between(initial, top, step / peak)));
}

LearningRateSchedule Triangular(TriangularOptions options) {
  Arguments arguments("Triangular");
  const Number base = arguments.Rate("base_lr", options.base_lr), top = arguments.Rate("max_lr", options.max_lr);
  const Number legs = StepsDone() / arguments.Steps("step_size", options.step_size);
  const Number x = legs - 2 * Floor(1 + legs / 2) + 1;
  return arguments.Finish(base + (top - base) * Max(0, 1 - Max(x, -x)));
}

}  // namespace brine
