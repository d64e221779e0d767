#include "ir/optimizers.h"

#include <algorithm>

#include "ir/check.h"
#include "ir/expression.h"

namespace brine::ir {
namespace {

Expression OneMinus(const Expression& x) { return Apply(TermKind::kSub, {Constant(1), x}); }
Expression ToThePowerOfT(const Expression& x) { return Apply(TermKind::kPow, {x, StepNumber()}); }

// learning_rate·√(1 − beta_2ᵗ) / (1 − beta_1ᵗ): Kingma and Ba 2015, the end of section 2.
Expression AdamRate(const ScalarLookup& scalar) {
  const Expression root = Apply(TermKind::kSqrt, {OneMinus(ToThePowerOfT(scalar("beta_2")))});
  return Apply(TermKind::kDiv,
               {Apply(TermKind::kMul, {scalar("learning_rate"), root}), OneMinus(ToThePowerOfT(scalar("beta_1")))});
}
Expression OneMinusBeta1(const ScalarLookup& scalar) { return OneMinus(scalar("beta_1")); }
Expression OneMinusBeta2(const ScalarLookup& scalar) { return OneMinus(scalar("beta_2")); }

bool HasNoMomentum(const Attributes& arguments) {
  return !arguments.Has("momentum") || arguments.Float("momentum") == 0;
}

std::vector<Optimizer>& Table() {
  static auto* const table = new std::vector<Optimizer>{
      {"adam",
       {{"learning_rate", 0.001, kPositive},
        {"beta_1", 0.9, kFromZeroToBelowOne},
        {"beta_2", 0.999, kFromZeroToBelowOne},
        {"epsilon", 1e-7, kPositive}},
       {{.op = &kAdam,
         .slots = {"momentum", "velocity"},
         .scalars = {"learning_rate", "beta_1", "beta_2", "epsilon"},
         .operands = {{"adam_rate", AdamRate},
                      {"one_minus_beta_1", OneMinusBeta1},
                      {"one_minus_beta_2", OneMinusBeta2},
                      {"epsilon"}}}}},
      {"sgd",
       {{"learning_rate", 0.01, kPositive}, {"momentum", 0.0, kFromZeroToOne}, {"nesterov", false}},
       {{.op = &kSgd, .scalars = {"learning_rate"}, .operands = {{"learning_rate"}}, .applies = HasNoMomentum},
        {.op = &kMomentum,
         .slots = {"momentum"},
         .scalars = {"learning_rate", "momentum"},
         .operands = {{"learning_rate"}, {"momentum"}},
         .attributes = {"nesterov"}}}},
  };
  return *table;
}

}  // namespace

absl::Span<const Optimizer> AllOptimizers() { return Table(); }

void AddOptimizer(const Optimizer& optimizer) { Table().push_back(optimizer); }

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
