// Tests each role of a variable in steps and files, with the line program and one additional variable of each role.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "runtime/core/checkpoint.h"
#include "tests/runtime/by_hand.h"
#include "tests/runtime/line_program.h"
#include "tests/runtime/temporary_folder.h"

namespace brine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// (x) -> x[0]
int First(void** argv) {
  *Floats(argv, 1) = Floats(argv, 0)[0];
  return 0;
}

// (x) -> ln(10 − x[0]), which is not finite although x is
int Logarithm(void** argv) {
  *Floats(argv, 1) = std::log(10 - Floats(argv, 0)[0]);
  return 0;
}

enum { kX = 0, kMean = 10, kKeptMean = 11 };  // indices of values; the first ten are those of the line program
enum { kKernel, kBias, kSlot, kFrozen, kStatistic, kAverage, kVariables };

// The line program with a statistic that gets ln(10 − x) of the first x of each step.
class Program {
 public:
  Program() : values_(10), calls_(3) {
    const brine_function& train = kLineProgram.functions[0];
    values_.assign(train.values, train.values + train.value_count);
    values_.push_back({"mean", BRINE_F32, BRINE_ARENA, 0, {}, 0});
    values_.push_back({"line/mean", BRINE_F32, BRINE_NON_TRAINABLE, 0, {}, 64});
    calls_.assign(train.calls, train.calls + train.call_count);
    calls_.insert(calls_.begin() + train.first_update, ByHand({.run = Logarithm,
                                                               .values = kMeanValues,
                                                               .input_count = 1,
                                                               .name = "mean",
                                                               .layers = "mean",
                                                               .location = "model.cc:5"}));
    calls_.push_back(ByHand({.run = First,
                             .values = kKeepValues,
                             .input_count = 1,
                             .name = "keep",
                             .layers = "mean",
                             .location = "model.cc:5"}));

    variables_.assign(kLineProgram.variables, kLineProgram.variables + kLineProgram.variable_count);
    const auto add = [&](const char* name, brine_block block, brine_role role, int64_t offset) {
      variables_.push_back({.name = name,
                            .dtype = BRINE_F32,
                            .block = static_cast<uint8_t>(block),
                            .role = static_cast<uint8_t>(role),
                            .rank = 0,
                            .initializer = BRINE_CONSTANT,
                            .dims = {},
                            .offset = offset,
                            .argument = 0,
                            .mean = 0,
                            .id = 0,
                            .location = "model.cc:5",
                            .data = ""});
    };
    add("optimizer/line/kernel", BRINE_SLOTS, BRINE_ROLE_SLOT, 0);
    add("line/frozen", BRINE_NON_TRAINABLE, BRINE_ROLE_FROZEN, 0);
    add("line/mean", BRINE_NON_TRAINABLE, BRINE_ROLE_STATISTIC, 64);
    add("average/line/kernel", BRINE_SLOTS, BRINE_ROLE_AVERAGE, 64);

    train_ = train;
    train_.values = values_.data();
    train_.value_count = static_cast<int32_t>(values_.size());
    train_.calls = calls_.data();
    train_.call_count = static_cast<int32_t>(calls_.size());
    ++train_.first_update;
    program = kLineProgram;
    program.functions = &train_;
    program.function_count = 1;
    program.variables = variables_.data();
    program.variable_count = kVariables;
    program.block_bytes[BRINE_ARENA] = 64;
    program.block_bytes[BRINE_SLOTS] = program.block_bytes[BRINE_NON_TRAINABLE] = 128;
  }
  Program(const Program&) = delete;

  brine_program program;

 private:
  static constexpr uint16_t kMeanValues[] = {kX, kMean}, kKeepValues[] = {kMean, kKeptMean};
  brine_function train_;
  std::vector<brine_value> values_;
  std::vector<brine_call> calls_;
  std::vector<brine_variable> variables_;
};

class Roles : public ::testing::Test {
 protected:
  Roles()
      : memory_(std::aligned_alloc(64, brine_state_bytes(&program_.program)), std::free),
        state_(brine_state_init(&program_.program, memory_.get(), 7)) {}

  void Set(std::initializer_list<float> numbers) {
    int32_t index = 0;
    for (float number : numbers) std::memcpy(brine_variable_data(state_, index++), &number, sizeof(number));
  }
  std::vector<float> All() {
    std::vector<float> all(kVariables);
    for (int32_t index = 0; index < kVariables; ++index)
      std::memcpy(&all[static_cast<size_t>(index)], brine_variable_data(state_, index), sizeof(float));
    return all;
  }
  brine_status Train(float x) {
    const brine_function* const train = program_.program.functions;
    const float y = 2 * x;
    std::memcpy(brine_input_data(state_, train, "x"), &x, sizeof(x));
    std::memcpy(brine_input_data(state_, train, "label"), &y, sizeof(y));
    return brine_step(state_, train, 1);
  }
  // A file of weights that lacks one of the variables.
  std::string Without(int missing) {
    std::vector<brine_tensor> tensors;
    for (int32_t index = 0; index < kVariables; ++index) {
      const char* const name = program_.program.variables[index].name;
      if (index != missing)
        tensors.push_back({{name, std::strlen(name)}, BRINE_F32, 0, {}, brine_variable_data(state_, index), 4});
    }
    const std::string path = folder_ / "weights.safetensors";
    char error[200] = "";
    EXPECT_EQ(brine_write_tensors(path.c_str(), tensors.data(), tensors.size(), nullptr, 0, error, sizeof(error)), 0)
        << error;
    return path;
  }

  TemporaryFolder folder_;
  Program program_;
  std::unique_ptr<void, decltype(&std::free)> memory_;
  brine_state* state_;
};

TEST_F(Roles, ACheckpointHoldsAllOfThem) {
  Set({1, 2, 3, 4, 5, 6});
  const std::string path = folder_ / "checkpoint";
  ASSERT_EQ(brine_save(state_, path.c_str()), BRINE_OK) << brine_error(state_);
  Set({0, 0, 0, 0, 0, 0});
  ASSERT_EQ(brine_load(state_, path.c_str()), BRINE_OK) << brine_error(state_);
  EXPECT_THAT(All(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(Roles, AFileOfWeightsSetsAllButSlots) {
  Set({1, 2, 3, 4, 5, 6});
  const std::string path = Without(kSlot);
  Set({-1, -1, -1, -1, -1, -1});
  ASSERT_EQ(brine_load_parameters(state_, path.c_str()), BRINE_OK) << brine_error(state_);
  EXPECT_THAT(All(), ElementsAre(1, 2, -1, 4, 5, 6));
}

TEST_F(Roles, AFileOfWeightsNeedNotHoldAverages) {
  Set({1, 2, 3, 4, 5, 6});
  const std::string path = Without(kAverage);
  Set({-1, -1, -1, -1, -1, -1});
  ASSERT_EQ(brine_load_parameters(state_, path.c_str()), BRINE_OK) << brine_error(state_);
  EXPECT_THAT(All(), ElementsAre(1, 2, -1, 4, 5, -1));
}

TEST_F(Roles, AFileOfWeightsMustHoldFrozenOnesAndStatistics) {
  for (int missing : {kBias, kFrozen, kStatistic}) {
    Set({1, 2, 3, 4, 5, 6});
    const std::string path = Without(missing);
    Set({-1, -1, -1, -1, -1, -1});
    EXPECT_EQ(brine_load_parameters(state_, path.c_str()), BRINE_INVALID);
    EXPECT_THAT(brine_error(state_),
                HasSubstr(std::string("it has no tensor ") + program_.program.variables[missing].name));
    EXPECT_THAT(All(), ElementsAre(-1, -1, -1, -1, -1, -1));
  }
}

TEST_F(Roles, AStatisticThatWouldNotBeFiniteUpdatesNothingAndIsNamed) {
  Set({2, 0, 0, 4, 5, 6});  // the loss is 0
  ASSERT_EQ(Train(9), BRINE_OK) << brine_error(state_);
  EXPECT_EQ(All()[kStatistic], 0);
  Set({2, 0, 0, 4, 5, 6});
  for (float x : {10.0f, 11.0f}) {
    EXPECT_EQ(Train(x), BRINE_DIVERGED);
    EXPECT_STREQ(brine_error(state_), "model.cc:5: mean: mean is not finite in step 2; nothing was updated");
    EXPECT_THAT(All(), ElementsAre(2, 0, 0, 4, 5, 6));
  }
}

}  // namespace
}  // namespace brine::testing
