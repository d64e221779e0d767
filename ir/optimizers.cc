#include "ir/optimizers.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ir/check.h"
#include "ir/expression.h"

namespace brine::ir {
namespace {

Expression OneMinus(const Expression& x) { return Apply(TermKind::kSub, {Constant(1), x}); }
Expression ToThePowerOfT(const Expression& x) { return Apply(TermKind::kPow, {x, StepNumber()}); }
Expression Product(const Expression& a, const Expression& b) { return Apply(TermKind::kMul, {a, b}); }
Expression Quotient(const Expression& a, const Expression& b) { return Apply(TermKind::kDiv, {a, b}); }

// √(1 − beta_2ᵗ): Kingma and Ba 2015, the end of section 2.
Expression RootOfCorrection(const ScalarLookup& scalar) {
  return Apply(TermKind::kSqrt, {OneMinus(ToThePowerOfT(scalar("beta_2")))});
}
// learning_rate·√(1 − beta_2ᵗ) / (1 − beta_1ᵗ), from the same place
Expression AdamRate(const ScalarLookup& scalar) {
  return Quotient(Product(scalar(kLearningRate), RootOfCorrection(scalar)), OneMinus(ToThePowerOfT(scalar("beta_1"))));
}
// learning_rate / (1 − beta_1ᵗ): the same paper, algorithm 2
Expression AdamaxRate(const ScalarLookup& scalar) {
  return Quotient(scalar(kLearningRate), OneMinus(ToThePowerOfT(scalar("beta_1"))));
}
Expression OneMinusBeta1(const ScalarLookup& scalar) { return OneMinus(scalar("beta_1")); }
Expression OneMinusBeta2(const ScalarLookup& scalar) { return OneMinus(scalar("beta_2")); }
Expression OneMinusRho(const ScalarLookup& scalar) { return OneMinus(scalar("rho")); }

// Nadam's momentum u(s) = beta_1·(1 − 0.96ˢ/2) rises from step to step, and its corrections contain the product U(s) of
// u(1) to u(s), which is beta_1ˢ·(0.48; 0.96)ₛ (expression.h): Dozat 2016, with the constants that Keras uses.
constexpr double kNadamDecay = 0.96;
Expression NadamMomentum(const ScalarLookup& scalar, const Expression& step) {
  const Expression decay = Apply(TermKind::kPow, {Constant(kNadamDecay), step});
  return Product(scalar("beta_1"), OneMinus(Product(Constant(0.5), decay)));
}
Expression NadamCorrection(const ScalarLookup& scalar, const Expression& step) {
  const Expression product = Apply(TermKind::kQPochhammer, {Constant(0.5 * kNadamDecay), Constant(kNadamDecay), step});
  return OneMinus(Product(Apply(TermKind::kPow, {scalar("beta_1"), step}), product));
}
// The second moment is corrected in the rates and in epsilon, so that the update needs no operand for it.
Expression NadamRateOfMomentum(const ScalarLookup& scalar) {
  const Expression next = Apply(TermKind::kAdd, {StepNumber(), Constant(1)});
  const Expression weight = Quotient(NadamMomentum(scalar, next), NadamCorrection(scalar, next));
  return Product(Product(scalar(kLearningRate), RootOfCorrection(scalar)), weight);
}
Expression NadamRateOfGradient(const ScalarLookup& scalar) {
  const Expression weight =
      Quotient(OneMinus(NadamMomentum(scalar, StepNumber())), NadamCorrection(scalar, StepNumber()));
  return Product(Product(scalar(kLearningRate), RootOfCorrection(scalar)), weight);
}
Expression NadamEpsilon(const ScalarLookup& scalar) { return Product(scalar("epsilon"), RootOfCorrection(scalar)); }

bool IsZero(const Attributes& arguments, absl::string_view name) {
  return !arguments.Has(name) || arguments.Float(name) == 0;
}
bool IsTrue(const Attributes& arguments, absl::string_view name) { return arguments.Has(name) && arguments.Bool(name); }
bool HasNoMomentum(const Attributes& arguments) { return IsZero(arguments, "momentum"); }
bool IsAmsgrad(const Attributes& arguments) { return IsTrue(arguments, "amsgrad"); }
bool IsCentered(const Attributes& arguments) { return IsTrue(arguments, "centered"); }
bool IsCenteredWithoutMomentum(const Attributes& arguments) {
  return IsCentered(arguments) && HasNoMomentum(arguments);
}

Argument Optional(Argument argument) {
  argument.optional = true;
  return argument;
}
Argument LearningRate(double rate) { return {kLearningRate, rate, kPositive}; }
Argument Beta1() { return {"beta_1", 0.9, kFromZeroToBelowOne}; }
Argument Beta2(double beta) { return {"beta_2", beta, kFromZeroToBelowOne}; }
Argument Rho(double rho) { return {"rho", rho, kFromZeroToBelowOne}; }
Argument Epsilon() { return {"epsilon", 1e-7, kPositive}; }
Argument Amsgrad() { return Optional({"amsgrad", false}); }
Argument Momentum() { return {"momentum", 0.0, kFromZeroToOne}; }

// Adam's rules are also those of AdamW, which differs in the default of weight_decay.
std::vector<UpdateRule> AdamRules() {
  const std::vector<std::string> scalars = {kLearningRate, "beta_1", "beta_2", "epsilon"};
  const std::vector<UpdateOperand> operands = {
      {"adam_rate", AdamRate}, {"one_minus_beta_1", OneMinusBeta1}, {"one_minus_beta_2", OneMinusBeta2}, {"epsilon"}};
  return {{.op = &kAmsgrad,
           .slots = {{"momentum"}, {"velocity"}, {"velocity_hat"}},
           .scalars = scalars,
           .operands = operands,
           .applies = IsAmsgrad},
          {.op = &kAdam, .slots = {{"momentum"}, {"velocity"}}, .scalars = scalars, .operands = operands}};
}

std::vector<UpdateRule> RmspropRules() {
  const std::vector<std::string> scalars = {kLearningRate, "rho", "epsilon"};
  const std::vector<std::string> with_momentum = {kLearningRate, "rho", "epsilon", "momentum"};
  const std::vector<UpdateOperand> operands = {{kLearningRate}, {"one_minus_rho", OneMinusRho}, {"epsilon"}};
  std::vector<UpdateOperand> operands_with_momentum = operands;
  operands_with_momentum.push_back({"momentum"});
  return {
      {.op = &kCenteredRmsprop,
       .slots = {{"velocity"}, {"average_gradient"}},
       .scalars = scalars,
       .operands = operands,
       .applies = IsCenteredWithoutMomentum},
      {.op = &kCenteredRmspropMomentum,
       .slots = {{"velocity"}, {"average_gradient"}, {"momentum"}},
       .scalars = with_momentum,
       .operands = operands_with_momentum,
       .applies = IsCentered},
      {.op = &kRmsprop, .slots = {{"velocity"}}, .scalars = scalars, .operands = operands, .applies = HasNoMomentum},
      {.op = &kRmspropMomentum,
       .slots = {{"velocity"}, {"momentum"}},
       .scalars = with_momentum,
       .operands = operands_with_momentum}};
}

Optimizer Adadelta() {
  return {"adadelta",
          {LearningRate(0.001), Rho(0.95), Epsilon()},
          {{.op = &kAdadelta,
            .slots = {{"accumulated_grad"}, {"accumulated_delta_var"}},
            .scalars = {kLearningRate, "rho", "epsilon"},
            .operands = {{kLearningRate}, {"one_minus_rho", OneMinusRho}, {"epsilon"}}}}};
}

Optimizer Adagrad() {
  return {"adagrad",
          {LearningRate(0.001), {"initial_accumulator_value", 0.1, kAtLeastZero}, Epsilon()},
          {{.op = &kAdagrad,
            .slots = {{"accumulator", "initial_accumulator_value"}},
            .scalars = {kLearningRate, "epsilon"},
            .operands = {{kLearningRate}, {"epsilon"}}}}};
}

Optimizer Adam() { return {"adam", {LearningRate(0.001), Beta1(), Beta2(0.999), Epsilon(), Amsgrad()}, AdamRules()}; }

Optimizer Adamax() {
  return {"adamax",
          {LearningRate(0.001), Beta1(), Beta2(0.999), Epsilon()},
          {{.op = &kAdamax,
            .slots = {{"momentum"}, {"norm"}},
            .scalars = {kLearningRate, "beta_1", "beta_2", "epsilon"},
            .operands = {{"adamax_rate", AdamaxRate},
                         {"one_minus_beta_1", OneMinusBeta1},
                         {"one_minus_beta_2", OneMinusBeta2},
                         {"epsilon"}}}}};
}

Optimizer AdamW() {
  Optimizer row = Adam();
  row.name = "adamw";
  row.arguments.push_back(Optional({"weight_decay", 0.004, kAtLeastZero}));
  return row;
}

Optimizer Lion() {
  return {"lion",
          {LearningRate(0.001), Beta1(), Beta2(0.99)},
          {{.op = &kLion,
            .slots = {{"momentum"}},
            .scalars = {kLearningRate, "beta_1", "beta_2"},
            .operands = {{kLearningRate}, {"one_minus_beta_1", OneMinusBeta1}, {"one_minus_beta_2", OneMinusBeta2}}}}};
}

Optimizer Nadam() {
  return {"nadam",
          {LearningRate(0.001), Beta1(), Beta2(0.999), Epsilon()},
          {{.op = &kNadam,
            .slots = {{"momentum"}, {"velocity"}},
            .scalars = {kLearningRate, "beta_1", "beta_2", "epsilon"},
            .operands = {{"nadam_rate_of_momentum", NadamRateOfMomentum},
                         {"nadam_rate_of_gradient", NadamRateOfGradient},
                         {"one_minus_beta_1", OneMinusBeta1},
                         {"one_minus_beta_2", OneMinusBeta2},
                         {"nadam_epsilon", NadamEpsilon}}}}};
}

Optimizer Rmsprop() {
  return {"rmsprop", {LearningRate(0.001), Rho(0.9), Momentum(), Epsilon(), {"centered", false}}, RmspropRules()};
}

Optimizer Sgd() {
  return {"sgd",
          {LearningRate(0.01), Momentum(), {"nesterov", false}},
          {{.op = &kSgd, .scalars = {kLearningRate}, .operands = {{kLearningRate}}, .applies = HasNoMomentum},
           {.op = &kMomentum,
            .slots = {{"momentum"}},
            .scalars = {kLearningRate, "momentum"},
            .operands = {{kLearningRate}, {"momentum"}},
            .attributes = {"nesterov"}}}};
}

Optimizer WithSharedArguments(Optimizer row) {
  for (const Argument& argument : SharedArguments()) {
    if (FindArgument(row.arguments, argument.name) == nullptr) row.arguments.push_back(argument);
  }
  return row;
}

std::vector<Optimizer>& Table() {
  static auto* const table = [] {
    auto* const rows = new std::vector<Optimizer>();
    for (const Optimizer& row : {Adadelta(), Adagrad(), Adam(), Adamax(), AdamW(), Lion(), Nadam(), Rmsprop(), Sgd()})
      rows->push_back(WithSharedArguments(row));
    return rows;
  }();
  return *table;
}

}  // namespace

const std::vector<Argument>& SharedArguments() {
  static const auto* const arguments = new std::vector<Argument>{
      Optional({"weight_decay", 0.0, kAtLeastZero}),
      Optional({"clipnorm", 0.0, kAtLeastZero}),
      Optional({"clipvalue", 0.0, kAtLeastZero}),
      Optional({"global_clipnorm", 0.0, kAtLeastZero}),
      Optional({"use_ema", false}),
      Optional({"ema_momentum", 0.99, kFromZeroToOne}),
  };
  return *arguments;
}

AttributeValue ArgumentOf(const Optimizer& optimizer, const Attributes& given, absl::string_view name) {
  for (const auto& [given_name, value] : given) {
    if (given_name == name) return value;
  }
  return FindArgument(optimizer.arguments, name)->default_value;
}

std::string ConflictOf(const Attributes& given) {
  std::vector<absl::string_view> clips;
  for (const auto& [name, value] : given) {
    const double* const number = std::get_if<double>(&value);
    const bool clips_gradients = name == "clipnorm" || name == "clipvalue" || name == "global_clipnorm";
    if (clips_gradients && number != nullptr && *number > 0) clips.push_back(name);
  }
  if (clips.size() < 2) return "";
  return absl::StrCat("only one of clipnorm, clipvalue and global_clipnorm may be given, got ",
                      absl::StrJoin(clips, " and "));
}

absl::Span<const Optimizer> AllOptimizers() { return Table(); }

void AddOptimizer(const Optimizer& optimizer) { Table().push_back(WithSharedArguments(optimizer)); }

const Optimizer* FindOptimizer(absl::string_view name) {
  const auto row = std::find_if(AllOptimizers().begin(), AllOptimizers().end(),
                                [&](const Optimizer& optimizer) { return optimizer.name == name; });
  return row == AllOptimizers().end() ? nullptr : &*row;
}

const UpdateRule& RuleOf(const Optimizer& optimizer, const Attributes& arguments) {
  const auto rule = std::find_if(optimizer.rules.begin(), optimizer.rules.end(), [&](const UpdateRule& row) {
    return row.applies == nullptr || row.applies(arguments);
  });
  BRINE_CHECK(rule != optimizer.rules.end());
  return *rule;
}

}  // namespace brine::ir
