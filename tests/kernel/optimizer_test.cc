// The optimizers as a program runs them, kernels and host scalars together, against their formulas in double, written
// here once more.  Both are given the same gradients, those of the program's own steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/kernel/optimizer_program.h"

namespace brine::codegen {
namespace {

// The next value of a weight from its gradient in step t, 1 in the first.
using Formula = std::function<void(Weight& weight, double g, int t)>;

void Amsgrad(Weight& weight, double g, int t) {
  weight.first = 0.9 * weight.first + (1 - 0.9) * g;
  weight.second = 0.8 * weight.second + (1 - 0.8) * g * g;
  weight.third = std::max(weight.third, weight.second);
  const double corrections = std::sqrt(1 - std::pow(0.8, t)) / (1 - std::pow(0.9, t));
  weight.w -= 0.01 * corrections * weight.first / (std::sqrt(weight.third) + 1e-7);
}
void Adamax(Weight& weight, double g, int t) {
  weight.first = 0.9 * weight.first + (1 - 0.9) * g;
  weight.second = std::max(0.999 * weight.second, std::abs(g));
  weight.w -= 0.01 / (1 - std::pow(0.9, t)) * weight.first / (weight.second + 1e-7);
}
// Dozat 2016, with the product of the momenta as a loop.
void Nadam(Weight& weight, double g, int t) {
  const auto momentum = [](int step) { return 0.9 * (1 - 0.5 * std::pow(0.96, step)); };
  double product = 1;
  for (int step = 1; step <= t; ++step) product *= momentum(step);
  weight.first = 0.9 * weight.first + (1 - 0.9) * g;
  weight.second = 0.999 * weight.second + (1 - 0.999) * g * g;
  const double m =
      momentum(t + 1) * weight.first / (1 - product * momentum(t + 1)) + (1 - momentum(t)) * g / (1 - product);
  weight.w -= 0.01 * m / (std::sqrt(weight.second / (1 - std::pow(0.999, t))) + 1e-7);
}
template <bool centered>
void Rmsprop(Weight& weight, double g, int) {
  weight.first = 0.9 * weight.first + (1 - 0.9) * g * g;
  weight.second = 0.9 * weight.second + (1 - 0.9) * g;
  weight.w -= 0.01 * g / std::sqrt(weight.first - (centered ? weight.second * weight.second : 0) + 1e-7);
}
template <bool centered>
void RmspropMomentum(Weight& weight, double g, int t) {
  const double before = weight.w;
  Rmsprop<centered>(weight, g, t);
  weight.third = 0.9 * weight.third + (before - weight.w);
  weight.w = before - weight.third;
}
void Adagrad(Weight& weight, double g, int t) {
  if (t == 1) weight.first = 0.1;
  weight.first += g * g;
  weight.w -= 0.1 * g / std::sqrt(weight.first + 1e-7);
}
void Adadelta(Weight& weight, double g, int) {
  weight.first = 0.95 * weight.first + (1 - 0.95) * g * g;
  const double step = -std::sqrt(weight.second + 1e-7) / std::sqrt(weight.first + 1e-7) * g;
  weight.second = 0.95 * weight.second + (1 - 0.95) * step * step;
  weight.w += 10 * step;
}
void Lion(Weight& weight, double g, int) {
  const double direction = 0.9 * weight.first + (1 - 0.9) * g;
  weight.w -= 0.01 * (direction > 0 ? 1 : direction < 0 ? -1 : 0);
  weight.first = 0.99 * weight.first + (1 - 0.99) * g;
}
void Sgd(Weight& weight, double g, int) { weight.w -= 0.1 * g; }
void Momentum(Weight& weight, double g, int) {
  weight.first = 0.9 * weight.first + g;
  weight.w -= 0.1 * weight.first;
}
void Nesterov(Weight& weight, double g, int) {
  weight.first = 0.9 * weight.first + g;
  weight.w -= 0.1 * (g + 0.9 * weight.first);
}

struct Row {
  const char *name, *optimizer;
  Formula formula;
};

class Optimizers : public testing::TestWithParam<Row> {};

TEST_P(Optimizers, FollowTheirFormulasToAMillionthOfWhatMoved) {
  OptimizerProgram program;
  const absl::Status built = program.Build(GetParam().optimizer);
  ASSERT_TRUE(built.ok()) << built;
  std::vector<Weight> exact(program.Weights().size());
  ASSERT_EQ(exact.size(), size_t{kInputs * kClasses + kClasses});
  std::mt19937 random(1);
  for (int t = 1; t <= kSteps; ++t) {
    const absl::Status trained = program.Train(DrawBatch(random));
    ASSERT_TRUE(trained.ok()) << trained;
    const std::vector<float> gradients = program.Gradients();
    for (size_t element = 0; element < exact.size(); ++element)
      GetParam().formula(exact[element], double{gradients[element]}, t);
  }
  const std::vector<float> weights = program.Weights();
  double error = 0, moved = 0;
  for (size_t element = 0; element < exact.size(); ++element) {
    error += std::pow(weights[element] - exact[element].w, 2);
    moved += std::pow(exact[element].w, 2);
  }
  EXPECT_GT(std::sqrt(moved), 0.1);
  EXPECT_LE(std::sqrt(error / moved), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Optimizers,
    testing::Values(
        Row{"Adam", "\"adam\" {learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-07}", Adam},
        Row{"Amsgrad", "\"adam\" {learning_rate=0.01, beta_1=0.9, beta_2=0.8, epsilon=1e-07, amsgrad=true}", Amsgrad},
        Row{"Adamax", "\"adamax\" {learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-07}", Adamax},
        Row{"Nadam", "\"nadam\" {learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-07}", Nadam},
        Row{"Rmsprop", "\"rmsprop\" {learning_rate=0.01, rho=0.9, momentum=0.0, epsilon=1e-07, centered=false}",
            Rmsprop<false>},
        Row{"RmspropMomentum", "\"rmsprop\" {learning_rate=0.01, rho=0.9, momentum=0.9, epsilon=1e-07, centered=false}",
            RmspropMomentum<false>},
        Row{"CenteredRmsprop", "\"rmsprop\" {learning_rate=0.01, rho=0.9, momentum=0.0, epsilon=1e-07, centered=true}",
            Rmsprop<true>},
        Row{"CenteredRmspropMomentum",
            "\"rmsprop\" {learning_rate=0.01, rho=0.9, momentum=0.9, epsilon=1e-07, centered=true}",
            RmspropMomentum<true>},
        Row{"Adagrad", "\"adagrad\" {learning_rate=0.1, initial_accumulator_value=0.1, epsilon=1e-07}", Adagrad},
        Row{"Adadelta", "\"adadelta\" {learning_rate=10.0, rho=0.95, epsilon=1e-07}", Adadelta},
        Row{"Lion", "\"lion\" {learning_rate=0.01, beta_1=0.9, beta_2=0.99}", Lion},
        Row{"Sgd", "\"sgd\" {learning_rate=0.1, momentum=0.0, nesterov=false}", Sgd},
        Row{"Momentum", "\"sgd\" {learning_rate=0.1, momentum=0.9, nesterov=false}", Momentum},
        Row{"Nesterov", "\"sgd\" {learning_rate=0.1, momentum=0.9, nesterov=true}", Nesterov}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace brine::codegen
