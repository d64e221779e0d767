// Tests learning-rate schedules as expressions of the model's graph, against the numbers of Keras and PyTorch.
#include <cmath>
#include <fstream>
#include <map>
#include <string>

#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "gtest/gtest.h"
#include "ir/expression.h"
#include "ir/text/text.h"
#include "ir/verify/verify.h"

namespace brine {
namespace {

Model WithRate(const LearningRate& rate) {
  Sequential net("net", Input({4}));
  net.Add(Dense({.units = 2, .activation = "softmax"}));
  net.Compile({.optimizer = SGD({.learning_rate = rate}), .loss = "categorical_crossentropy"});
  return net;
}

ir::Graph GraphOf(const LearningRate& rate) {
  absl::StatusOr<ir::Graph> graph = BuildGraph(WithRate(rate));
  EXPECT_TRUE(graph.ok()) << graph.status();
  if (!graph.ok()) return ir::Graph();
  const absl::Status verified = ir::Verify(*graph);
  EXPECT_TRUE(verified.ok()) << verified;
  return *std::move(graph);
}

double RateAfter(const ir::Graph& graph, int64_t steps_done) {
  const ir::Input* const rate = graph.FindInput(graph.FindValue("learning_rate"));
  return ir::Evaluate(rate->expression, steps_done,
                      [&](ir::ValueId scalar) { return graph.FindInput(scalar)->initial; });
}

// The schedules of tests/reference/make_schedules.py.
const std::map<std::string, LearningRateSchedule>& Schedules() {
  static const auto* const schedules = new std::map<std::string, LearningRateSchedule>{
      {"piecewise", PiecewiseConstantDecay({.boundaries = {100, 250, 600}, .values = {0.1, 0.05, 0.01, 0.002}})},
      {"exponential", ExponentialDecay({.initial_learning_rate = 0.1, .decay_steps = 100, .decay_rate = 0.7})},
      {"exponential_staircase",
       ExponentialDecay({.initial_learning_rate = 0.1, .decay_steps = 100, .decay_rate = 0.7, .staircase = true})},
      {"polynomial",
       PolynomialDecay({.initial_learning_rate = 0.1, .decay_steps = 700, .end_learning_rate = 0.001, .power = 2})},
      {"polynomial_cycle", PolynomialDecay({.initial_learning_rate = 0.1,
                                            .decay_steps = 150,
                                            .end_learning_rate = 0.001,
                                            .power = 0.5,
                                            .cycle = true})},
      {"inverse_time", InverseTimeDecay({.initial_learning_rate = 0.1, .decay_steps = 100, .decay_rate = 0.5})},
      {"inverse_time_staircase",
       InverseTimeDecay({.initial_learning_rate = 0.1, .decay_steps = 100, .decay_rate = 0.5, .staircase = true})},
      {"cosine", CosineDecay({.initial_learning_rate = 0.1, .decay_steps = 800, .alpha = 0.01})},
      {"cosine_warmup", CosineDecay({.initial_learning_rate = 0.01,
                                     .decay_steps = 700,
                                     .alpha = 0.01,
                                     .warmup_target = 0.1,
                                     .warmup_steps = 150})},
      {"restarts",
       CosineDecayRestarts({.initial_learning_rate = 0.1, .first_decay_steps = 100, .m_mul = 0.8, .alpha = 0.01})},
      {"restarts_equal",
       CosineDecayRestarts(
           {.initial_learning_rate = 0.1, .first_decay_steps = 150, .t_mul = 1, .m_mul = 0.5, .alpha = 0.01})},
      {"one_cycle",
       OneCycle({.max_lr = 0.1, .total_steps = 1001, .pct_start = 0.4, .div_factor = 10, .final_div_factor = 20})},
      {"triangular", Triangular({.base_lr = 0.01, .max_lr = 0.1, .step_size = 130})},
  };
  return *schedules;
}

TEST(Schedules, AreThoseOfKerasAndPyTorch) {
  std::map<std::string, ir::Graph> graphs;
  for (const auto& [name, schedule] : Schedules()) graphs[name] = GraphOf(schedule);
  std::ifstream file(BRINE_SOURCE_DIR "/tests/reference/schedules.txt");
  std::string line;
  std::map<std::string, int> rows;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string name;
    int64_t steps_done;
    double rate;
    ASSERT_TRUE(fields >> name >> steps_done >> rate) << line;
    ASSERT_EQ(graphs.count(name), 1u) << name;
    EXPECT_NEAR(RateAfter(graphs[name], steps_done), rate, 1e-12 * rate) << name << " " << steps_done;
    ++rows[name];
  }
  EXPECT_EQ(rows.size(), Schedules().size());
  for (const auto& [name, count] : rows) EXPECT_GT(count, 50) << name;
}

// 3⁵ = 243: log(243) / log(3) is 4.999… in double, with which Keras's formula would miss the restart.
TEST(Schedules, ARestartIsNotMissedByRounding) {
  const ir::Graph graph =
      GraphOf(CosineDecayRestarts({.initial_learning_rate = 0.5, .first_decay_steps = 2, .t_mul = 3}));
  for (int64_t restart = 0, length = 2; length < 100'000'000; restart += length, length *= 3)
    EXPECT_NEAR(RateAfter(graph, restart), 0.5, 1e-12) << restart;
  EXPECT_LT(RateAfter(graph, 2 + 6 + 18 - 1), 0.01);
}

TEST(Schedules, HoldTheirLastRate) {
  const ir::Graph one_cycle = GraphOf(Schedules().at("one_cycle"));
  EXPECT_NEAR(RateAfter(one_cycle, 1000), 0.1 / 10 / 20, 1e-15);
  EXPECT_NEAR(RateAfter(one_cycle, 5000), 0.1 / 10 / 20, 1e-15);
  EXPECT_NEAR(RateAfter(GraphOf(Schedules().at("cosine")), 5000), 0.001, 1e-15);
  EXPECT_NEAR(RateAfter(GraphOf(Schedules().at("cosine_warmup")), 5000), 0.001, 1e-15);
  EXPECT_NEAR(RateAfter(GraphOf(Schedules().at("polynomial")), 5000), 0.001, 1e-15);
}

TEST(Schedules, MayBeFunctionsOfTheNumberOfTheStep) {
  const LearningRateSchedule own([](Number t) { return Min(0.1f / Sqrt(t), 2e-3 * t) * Select(t > 8, 0.5, 1); });
  const ir::Graph graph = GraphOf(own);
  EXPECT_DOUBLE_EQ(RateAfter(graph, 0), 0.002);
  EXPECT_DOUBLE_EQ(RateAfter(graph, 7), 0.016);
  EXPECT_DOUBLE_EQ(RateAfter(graph, 15), 0.0125);
  EXPECT_DOUBLE_EQ(
      RateAfter(
          GraphOf(LearningRateSchedule([](Number t) { return -Log(Exp(-t)) + Pow(t, 2) + Floor(Cos(t)) + Max(t, 3); })),
          1),
      2 + 4 - 1 + 3);
  EXPECT_DOUBLE_EQ(RateAfter(GraphOf(LearningRateSchedule([](Number) { return 0.25; })), 3), 0.25);
}

TEST(Schedules, AreInputsOfTheModelWithScalarsForTheirNumbers) {
  const ir::Graph graph =
      GraphOf(ExponentialDecay({.initial_learning_rate = 0.1f, .decay_steps = 100, .decay_rate = 0.9f}));
  const std::string text = ir::Print(graph);
  EXPECT_NE(text.find("  compile optimizer=\"sgd\" {learning_rate=0.1, momentum=0.0, nesterov=false}"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  input %learning_rate/initial_learning_rate : f32[] scalar 0.1\n"
                      "  input %learning_rate/decay_rate : f32[] scalar 0.9\n"
                      "  input %learning_rate/decay_steps : f32[] scalar 100.0\n"
                      "  input %learning_rate : f32[] expression mul(%learning_rate/initial_learning_rate, "
                      "pow(%learning_rate/decay_rate, div(sub(t, 1.0), %learning_rate/decay_steps)))\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace brine
