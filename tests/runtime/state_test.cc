#include "runtime/core/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/philox.h"
#include "tests/runtime/line_program.h"

namespace brine::testing {
namespace {

struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};

const brine_function* const kTrain = brine_find_function(&kLineProgram, "train");
const brine_function* const kEvaluate = brine_find_function(&kLineProgram, "evaluate");
const brine_function* const kPredict = brine_find_function(&kLineProgram, "predict");

class StateTest : public ::testing::Test {
 protected:
  StateTest()
      : memory_(std::aligned_alloc(64, brine_state_bytes(&kLineProgram))),
        state_(brine_state_init(&kLineProgram, memory_.get(), 7)) {}

  void Fill(const brine_function* function, std::initializer_list<float> x, std::initializer_list<float> y) {
    std::memcpy(brine_input_data(state_, function, "x"), x.begin(), x.size() * sizeof(float));
    if (void* label = brine_input_data(state_, function, "label"); label != nullptr)
      std::memcpy(label, y.begin(), y.size() * sizeof(float));
  }
  float& Variable(int index) { return *reinterpret_cast<float*>(brine_variable_data(state_, index)); }
  float Loss(const brine_function* function) { return *brine_output_data(state_, function, "loss"); }

  std::unique_ptr<void, FreeMemory> memory_;
  brine_state* state_;
};

TEST_F(StateTest, AProgramIsRefusedThatTheProcessorCannotRun) {
  char error[200] = "";
  EXPECT_EQ(brine_check(&kLineProgram, error, sizeof(error)), BRINE_OK) << error;
  const char* const features[] = {"sse4.1", "avx9000", "teleportation", nullptr};
  brine_backend backend = *kLineProgram.backend;
  backend.cpu_features = features;
  backend.target = "x86-64-linux-avx9000";
  brine_program program = kLineProgram;
  program.backend = &backend;
  EXPECT_EQ(brine_check(&program, error, sizeof(error)), BRINE_FAILED);
  EXPECT_STREQ(error, "line was compiled for x86-64-linux-avx9000, but this processor lacks avx9000, teleportation");
  EXPECT_EQ(brine_state_init(&program, memory_.get(), 7), nullptr);
  program = kLineProgram;
  program.abi_version = BRINE_ABI_VERSION + 1;
  EXPECT_EQ(brine_check(&program, error, sizeof(error)), BRINE_INVALID);
  brine_backend device = *kLineProgram.backend;
  device.device = 1;
  program = kLineProgram;
  program.backend = &device;
  EXPECT_EQ(brine_check(&program, error, sizeof(error)), BRINE_INVALID);
  EXPECT_STREQ(error, "line was compiled for a device that this runtime does not know");
}

TEST_F(StateTest, DrawsTheInitialWeightsOfTheSeed) {
  EXPECT_EQ(Variable(0), static_cast<float>(2 * brine_uniform(7, 0, 0, brine_random_id("line/kernel")) - 1));
  EXPECT_EQ(Variable(1), 0.0f);
}

TEST_F(StateTest, AStepIsTheKernelsOverTheRowsGiven) {
  Variable(0) = 1;
  Fill(kTrain, {1, 2, 3, 100}, {2, 4, 6, 0});  // the step has three rows, and must not read the fourth
  ASSERT_EQ(brine_step(state_, kTrain, 3), BRINE_OK);
  EXPECT_FLOAT_EQ(Loss(kTrain), (1 + 4 + 9) / 3.0f);
  EXPECT_FLOAT_EQ(Variable(0), 1 + 0.1f * 2 * (1 + 4 + 9) / 3.0f);
  EXPECT_FLOAT_EQ(Variable(1), 0.1f * 2 * (1 + 2 + 3) / 3.0f);
  EXPECT_EQ(brine_steps_done(state_), 1u);
}

TEST_F(StateTest, ConvergesAndPredicts) {
  for (int step = 0; step < 500; ++step) {
    Fill(kTrain, {-1, 0, 1, 2}, {-1, 1, 3, 5});
    ASSERT_EQ(brine_step(state_, kTrain, 4), BRINE_OK);
  }
  Fill(kPredict, {10}, {});
  ASSERT_EQ(brine_step(state_, kPredict, 1), BRINE_OK);
  EXPECT_NEAR(brine_output_data(state_, kPredict, "output")[0], 21, 1e-3);
}

TEST_F(StateTest, EvaluationChangesNothing) {
  const float before = Variable(0);
  Fill(kEvaluate, {1, 2}, {3, 5});
  ASSERT_EQ(brine_step(state_, kEvaluate, 2), BRINE_OK);
  EXPECT_EQ(Variable(0), before);
  EXPECT_EQ(brine_steps_done(state_), 0u);
}

TEST_F(StateTest, ScalarsHoldUntilSetAgain) {
  EXPECT_EQ(brine_get_scalar(state_, "rate"), 0.1);
  EXPECT_EQ(brine_set_scalar(state_, "rate", 0), BRINE_OK);
  const float before = Variable(0);
  Fill(kTrain, {1}, {9});
  ASSERT_EQ(brine_step(state_, kTrain, 1), BRINE_OK);
  EXPECT_EQ(Variable(0), before);
  EXPECT_EQ(brine_set_scalar(state_, "speed", 1), BRINE_INVALID);
  EXPECT_STREQ(brine_error(state_), "line has no scalar input speed");
  EXPECT_TRUE(std::isnan(brine_get_scalar(state_, "speed")));
}

TEST_F(StateTest, WhatHasNoSuchNameIsNull) {
  EXPECT_EQ(brine_find_function(&kLineProgram, "trian"), nullptr);
  EXPECT_EQ(brine_input_data(state_, kTrain, "y"), nullptr);
  EXPECT_EQ(brine_output_data(state_, kTrain, "output"), nullptr);
  EXPECT_NE(brine_output_data(state_, kPredict, "output"), nullptr);
  EXPECT_EQ(brine_step(state_, brine_find_function(&kLineProgram, "trian"), 1), BRINE_INVALID);
  EXPECT_STREQ(brine_error(state_), "line was not compiled for this");
}

TEST_F(StateTest, RowsOutsideTheBatchAreRefused) {
  EXPECT_EQ(brine_step(state_, kTrain, 5), BRINE_INVALID);
  EXPECT_STREQ(brine_error(state_), "5 rows, but the program was compiled for 1 to 4");
  EXPECT_EQ(brine_step(state_, kTrain, 0), BRINE_INVALID);
}

TEST_F(StateTest, AnInfiniteLossUpdatesNothingAndIsNamed) {
  Variable(0) = 1;
  Fill(kTrain, {3e38f}, {-3e38f});
  EXPECT_EQ(brine_step(state_, kTrain, 1), BRINE_DIVERGED);
  EXPECT_STREQ(brine_error(state_), "model.cc:3: line: loss is not finite in step 1; nothing was updated");
  EXPECT_EQ(Variable(0), 1.0f);
  EXPECT_EQ(brine_steps_done(state_), 0u);
}

// In the third step, the rate is the root of a negative number, or more than a float can hold.
TEST_F(StateTest, AnExpressionThatIsNotFiniteUpdatesNothingAndIsNamed) {
  // 0.1·√(2 − t)
  const brine_term root[] = {{BRINE_TERM_CONSTANT, 0, 0.1}, {BRINE_TERM_CONSTANT, 0, 2}, {BRINE_TERM_STEP, 0, 0},
                             {BRINE_TERM_SUB, 0, 0},        {BRINE_TERM_SQRT, 0, 0},     {BRINE_TERM_MUL, 0, 0}};
  // 1e13ᵗ
  const brine_term power[] = {{BRINE_TERM_CONSTANT, 0, 1e13}, {BRINE_TERM_STEP, 0, 0}, {BRINE_TERM_POW, 0, 0}};
  for (const std::span<const brine_term> terms : {std::span<const brine_term>(root), {power}}) {
    std::vector<brine_input> inputs(kTrain->inputs, kTrain->inputs + kTrain->input_count);
    inputs.back().source = BRINE_EXPRESSION;
    inputs.back().terms = terms.data();
    inputs.back().term_count = static_cast<int32_t>(terms.size());
    brine_function train = *kTrain;
    train.inputs = inputs.data();
    brine_program program = kLineProgram;
    program.functions = &train;
    program.function_count = 1;
    memory_.reset(std::aligned_alloc(64, brine_state_bytes(&program)));
    state_ = brine_state_init(&program, memory_.get(), 7);
    Variable(0) = 1;
    Fill(&train, {1}, {1});  // the loss is 0, so that the gradients are, too
    ASSERT_EQ(brine_step(state_, &train, 1), BRINE_OK);
    ASSERT_EQ(brine_step(state_, &train, 1), BRINE_OK);
    for (int attempt = 0; attempt < 2; ++attempt) {
      EXPECT_EQ(attempt == 0 ? brine_step(state_, &train, 1) : brine_step_shard(state_, &train, 1, 0), BRINE_DIVERGED);
      EXPECT_STREQ(brine_error(state_), "rate is not finite in step 3; nothing was updated");
      EXPECT_EQ(Variable(0), 1);
      EXPECT_EQ(brine_steps_done(state_), 2u);
    }
  }
}

TEST_F(StateTest, AParameterThatIsNotFiniteIsNamed) {
  Variable(1) = std::numeric_limits<float>::quiet_NaN();
  Fill(kTrain, {1}, {1});
  EXPECT_EQ(brine_step(state_, kTrain, 1), BRINE_DIVERGED);
  EXPECT_STREQ(brine_error(state_), "model.cc:3: line/bias is not finite at element 0 before step 1");
}

// A kernel may hide that a parameter is not finite, as a ReLU hides NaN.  Loss and gradients are then finite.
TEST_F(StateTest, AParameterThatNoKernelComplainsOfIsTested) {
  std::vector<brine_variable> variables(kLineProgram.variables, kLineProgram.variables + kLineProgram.variable_count);
  variables.push_back({"line/unread",
                       BRINE_F32,
                       BRINE_PARAMETERS,
                       BRINE_ROLE_PARAMETER,
                       0,
                       BRINE_CONSTANT,
                       {},
                       128,
                       0,
                       0,
                       0,
                       "model.cc:4",
                       ""});
  brine_program program = kLineProgram;
  program.variables = variables.data();
  program.variable_count = 3;
  program.block_bytes[BRINE_PARAMETERS] = program.block_bytes[BRINE_GRADIENTS] = 192;
  memory_.reset(std::aligned_alloc(64, brine_state_bytes(&program)));
  state_ = brine_state_init(&program, memory_.get(), 7);
  Fill(kTrain, {1}, {9});
  ASSERT_EQ(brine_step(state_, kTrain, 1), BRINE_OK);
  const float before = Variable(0);
  for (float number : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    Variable(2) = number;
    EXPECT_EQ(brine_step(state_, kTrain, 1), BRINE_DIVERGED);
    EXPECT_STREQ(brine_error(state_), "model.cc:4: line/unread is not finite at element 0 before step 2");
  }
  EXPECT_EQ(Variable(0), before);
  Variable(2) = std::numeric_limits<float>::max();
  EXPECT_EQ(brine_step(state_, kTrain, 1), BRINE_OK);
}

// What an observer saw of a step: the kernels, and the weight before and after each.
struct Seen {
  const float* weight;
  std::string text;
  static void Look(void* user, const brine_call* call, int done) {
    auto& seen = *static_cast<Seen*>(user);
    seen.text += std::string(done ? "-" : "+") + (call == nullptr ? "finite" : call->name) +
                 (*seen.weight == 1 ? " before; " : " after; ");
  }
};

TEST_F(StateTest, AnObserverSeesEachKernelAndTheTestOfAStep) {
  Variable(0) = 1;
  Seen seen = {&Variable(0), ""};
  brine_observe(state_, Seen::Look, &seen);
  Fill(kTrain, {1, 2}, {2, 4});
  ASSERT_EQ(brine_step(state_, kTrain, 2), BRINE_OK);
  EXPECT_EQ(seen.text,
            "+gradient before; -gradient before; +finite before; -finite before; +kernel_step before; -kernel_step "
            "after; +bias_step after; -bias_step after; ");
  EXPECT_FLOAT_EQ(Variable(0), 1 + 0.1f * 2 * (1 + 4) / 2.0f);
  EXPECT_EQ(brine_steps_done(state_), 1u);

  // In a step that fails, the observer sees what the step does, but not the second run that looks for the reason.
  Variable(0) = 1;
  seen.text.clear();
  Fill(kTrain, {3e38f}, {-3e38f});
  EXPECT_EQ(brine_step(state_, kTrain, 1), BRINE_DIVERGED);
  EXPECT_EQ(seen.text, "+gradient before; -gradient before; +finite before; -finite before; ");

  seen.text.clear();
  brine_observe(state_, nullptr, nullptr);
  Fill(kTrain, {1}, {2});
  ASSERT_EQ(brine_step(state_, kTrain, 1), BRINE_OK);
  EXPECT_EQ(seen.text, "");
}

TEST_F(StateTest, TwoStatesDoNotShareAnything) {
  std::unique_ptr<void, FreeMemory> memory(std::aligned_alloc(64, brine_state_bytes(&kLineProgram)));
  brine_state* other = brine_state_init(&kLineProgram, memory.get(), 7);
  Fill(kTrain, {1}, {9});
  ASSERT_EQ(brine_step(state_, kTrain, 1), BRINE_OK);
  EXPECT_NE(*reinterpret_cast<float*>(brine_variable_data(other, 0)), Variable(0));
  EXPECT_EQ(brine_steps_done(other), 0u);
}

}  // namespace
}  // namespace brine::testing
