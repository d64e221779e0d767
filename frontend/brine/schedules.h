// Learning rates that change from step to step.
//
//   net.Compile({.optimizer = SGD({.learning_rate = CosineDecay({.initial_learning_rate = 0.1, .decay_steps = 5000})}),
//   …
//
// The host computes the rate in double before each step, from the number of the step alone, so that a run that is
// resumed goes on exactly.  No kernel depends on a schedule: editing one recompiles nothing.  The numbers of the
// functions below are scalars of the program, "learning_rate/decay_steps" and so on.
#ifndef BRINE_FRONTEND_BRINE_SCHEDULES_H_
#define BRINE_FRONTEND_BRINE_SCHEDULES_H_

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "arguments.h"

namespace brine {

// A number that depends on the number of the step, as a formula: constants, Numbers, + − · / and the functions below.
class Number {
 public:
  // A term in postfix order: a constant if `name` is empty, a named number if it begins with %, else an operation.
  struct Term {
    std::string name;
    double number = 0;  // the value of a constant; the initial value of a named number
  };

  Number(float constant) : Number(Real(constant)) {}
  Number(double constant) : terms_{{"", constant}} {}
  Number(int constant) : Number(double(constant)) {}
  Number(Real constant) : Number(constant.value()) {}

  static Number Apply(const std::string& operation, const std::vector<Number>& operands) {
    Number result(std::vector<Term>{});
    for (const Number& operand : operands)
      result.terms_.insert(result.terms_.end(), operand.terms_.begin(), operand.terms_.end());
    result.terms_.push_back({operation});
    return result;
  }
  static Number Step() { return Apply("t", {}); }  // the number of the step, 1 in the first

  const std::vector<Term>& terms() const { return terms_; }

 private:
  friend Number NamedScalar(const std::string& name, Real value);
  explicit Number(std::vector<Term> terms) : terms_(std::move(terms)) {}

  std::vector<Term> terms_;
};

// A number that is a scalar of the program, "learning_rate/<name>", instead of a constant in its tables.
inline Number NamedScalar(const std::string& name, Real value) {
  return Number(std::vector<Number::Term>{{"%" + name, value.value()}});
}

inline Number operator+(const Number& a, const Number& b) { return Number::Apply("add", {a, b}); }
inline Number operator-(const Number& a, const Number& b) { return Number::Apply("sub", {a, b}); }
inline Number operator*(const Number& a, const Number& b) { return Number::Apply("mul", {a, b}); }
inline Number operator/(const Number& a, const Number& b) { return Number::Apply("div", {a, b}); }
inline Number operator-(const Number& a) { return 0 - a; }
inline Number operator<(const Number& a, const Number& b) { return Number::Apply("less", {a, b}); }  // 1 or 0
inline Number operator>(const Number& a, const Number& b) { return b < a; }
inline Number Pow(const Number& a, const Number& b) { return Number::Apply("pow", {a, b}); }
inline Number Min(const Number& a, const Number& b) { return Number::Apply("min", {a, b}); }
inline Number Max(const Number& a, const Number& b) { return Number::Apply("max", {a, b}); }
inline Number Sqrt(const Number& x) { return Number::Apply("sqrt", {x}); }
inline Number Exp(const Number& x) { return Number::Apply("exp", {x}); }
inline Number Log(const Number& x) { return Number::Apply("log", {x}); }
inline Number Cos(const Number& x) { return Number::Apply("cos", {x}); }
inline Number Floor(const Number& x) { return Number::Apply("floor", {x}); }  // the largest whole number up to x
inline Number Select(const Number& condition, const Number& if_true, const Number& if_false) {
  return Number::Apply("select", {condition, if_true, if_false});
}

// A learning rate as a formula, which has at most 256 terms.  One of your own is a function of the number t of the
// step, which is 1 in the first step:
//   LearningRateSchedule([](Number t) { return 0.1 / Sqrt(t); })
struct LearningRateSchedule {
  Number rate = 0;
  std::vector<std::string> mistakes = {};  // in its arguments, as sentences that Compile() reports

  LearningRateSchedule(Number formula, std::vector<std::string> found = {})
      : rate(std::move(formula)), mistakes(std::move(found)) {}
  template <typename Function, typename = std::enable_if_t<std::is_invocable_r_v<Number, Function, Number>>>
  explicit LearningRateSchedule(Function function) : rate(function(Number::Step())) {}
};

// A constant learning rate, which can be changed between steps, or a schedule.
struct LearningRate {
  Real constant = 0;
  std::optional<LearningRateSchedule> schedule = {};

  LearningRate(float number) : constant(number) {}
  LearningRate(double number) : constant(number) {}
  LearningRate(int number) : constant(number) {}
  LearningRate(Real number) : constant(number) {}
  LearningRate(LearningRateSchedule rates) : schedule(std::move(rates)) {}
};

// In the formulas below, `step` is the number of steps done, 0 in the first, as in Keras.

// values[i] for boundaries[i − 1] < step ≤ boundaries[i]; there is one value more than boundaries, which ascend.
struct PiecewiseConstantDecayOptions {
  std::vector<Real> boundaries = {};
  std::vector<Real> values = {};
};
LearningRateSchedule PiecewiseConstantDecay(PiecewiseConstantDecayOptions options);

// initial_learning_rate·decay_rate^(step / decay_steps); with staircase, the exponent is rounded down.
struct ExponentialDecayOptions {
  Real initial_learning_rate = 0;
  Real decay_steps = 0;
  Real decay_rate = 0;
  bool staircase = false;
};
LearningRateSchedule ExponentialDecay(ExponentialDecayOptions options);

// end + (initial_learning_rate − end)·(1 − step / decay_steps)^power with end = end_learning_rate, and end from
// decay_steps on.  With cycle, decay_steps is instead multiplied by the least whole number ≥ 1 with which it is not
// below step.
struct PolynomialDecayOptions {
  Real initial_learning_rate = 0;
  Real decay_steps = 0;
  Real end_learning_rate = 0.0001;
  Real power = 1;
  bool cycle = false;
};
LearningRateSchedule PolynomialDecay(PolynomialDecayOptions options);

// initial_learning_rate / (1 + decay_rate·step / decay_steps); with staircase, the quotient is rounded down.
struct InverseTimeDecayOptions {
  Real initial_learning_rate = 0;
  Real decay_steps = 0;
  Real decay_rate = 0;
  bool staircase = false;
};
LearningRateSchedule InverseTimeDecay(InverseTimeDecayOptions options);

// Loshchilov and Hutter, "SGDR" (2017), without restarts: top·((1 − alpha)·(1 + cos(π·step / decay_steps)) / 2 +
// alpha), where top is initial_learning_rate; top·alpha from decay_steps on.  With warmup_target, the rate first goes
// from initial_learning_rate to warmup_target on a line of warmup_steps steps, and then decays with top =
// warmup_target.
struct CosineDecayOptions {
  Real initial_learning_rate = 0;
  Real decay_steps = 0;
  Real alpha = 0;
  std::optional<Real> warmup_target = {};
  Real warmup_steps = 0;
};
LearningRateSchedule CosineDecay(CosineDecayOptions options);

// The same paper, with restarts: the first decay takes first_decay_steps steps, each later one t_mul times as many, and
// begins at m_mul times the rate.
struct CosineDecayRestartsOptions {
  Real initial_learning_rate = 0;
  Real first_decay_steps = 0;
  Real t_mul = 2;
  Real m_mul = 1;
  Real alpha = 0;
};
LearningRateSchedule CosineDecayRestarts(CosineDecayRestartsOptions options);

// Smith and Topin, "Super-convergence" (2018), as PyTorch's OneCycleLR: along cosines from max_lr / div_factor up to
// max_lr, in pct_start of total_steps, and down to max_lr / div_factor / final_div_factor, where the rate stays.
struct OneCycleOptions {
  Real max_lr = 0;
  Real total_steps = 0;
  Real pct_start = 0.3;
  Real div_factor = 25;
  Real final_div_factor = 1e4;
};
LearningRateSchedule OneCycle(OneCycleOptions options);

// Smith, "Cyclical learning rates" (2017), the policy triangular: on lines from base_lr to max_lr in step_size steps,
// and back in as many, again and again.
struct TriangularOptions {
  Real base_lr = 0;
  Real max_lr = 0;
  Real step_size = 2000;
};
LearningRateSchedule Triangular(TriangularOptions options);

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_SCHEDULES_H_
