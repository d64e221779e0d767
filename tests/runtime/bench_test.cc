// Tests how `bench` changes the state, and what it reports about kernels that skip zeros.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "runtime/trainer/main.h"
#include "tests/runtime/by_hand.h"
#include "tests/runtime/softmax_program.h"

namespace brine::testing {
namespace {

using ::testing::HasSubstr;

// (gradient) -> gradient, in which all elements of a row but the last are 0
int KeepTheLast(void** argv) {
  const auto& gradient = *static_cast<brine_buffer*>(argv[1]);
  for (int element = 0; element < gradient.dim[0].extent * gradient.dim[1].extent; ++element) {
    if (element % kClasses != kClasses - 1) reinterpret_cast<float*>(gradient.host)[element] = 0;
  }
  return 0;
}

// (gradient, …), whose bytes a plan may reuse after this kernel
int ReadAndWriteOver(void** argv) {
  const auto& gradient = *static_cast<brine_buffer*>(argv[1]);
  std::fill_n(reinterpret_cast<float*>(gradient.host), gradient.dim[0].extent * gradient.dim[1].extent, 1.0f);
  return 0;
}

int Nothing(void**) { return 0; }

// The number that follows `before` in the text.
double NumberAfter(const std::string& text, const std::string& before) {
  const size_t position = text.find(before);
  return position == std::string::npos ? std::nan("") : std::stod(text.substr(position + before.size()));
}

TEST(BenchTest, ReportsTheNonzeroShareOfASparseOperand) {
  const brine_function& train = kSoftmaxProgram.functions[0];
  std::vector<brine_value> values(train.values, train.values + train.value_count);
  const auto gradient = static_cast<uint16_t>(
      std::find_if(values.begin(), values.end(),
                   [](const brine_value& value) { return std::string(value.name) == "dense.grad"; }) -
      values.begin());
  const auto places = static_cast<uint16_t>(values.size()), others = static_cast<uint16_t>(places + 1);
  values.push_back({"places", BRINE_U8, BRINE_ARENA, 2, {BRINE_BATCH, kClasses}, 512});
  values.push_back({"others", BRINE_U8, BRINE_ARENA, 2, {BRINE_BATCH, kClasses + 1}, 512});
  const uint16_t masked[] = {gradient, gradient}, pooled[] = {gradient, places}, other[] = {gradient, others};
  std::vector<brine_call> calls(train.calls, train.calls + train.call_count);
  calls.insert(calls.begin() + 3,
               {ByHand({.run = KeepTheLast, .values = masked, .input_count = 1, .name = "keep", .layers = "dense"}),
                ByHand({.run = ReadAndWriteOver,
                        .values = pooled,
                        .input_count = 2,
                        .name = "pooled",
                        .layers = "dense",
                        .sparse_operand = 1}),
                ByHand({.run = Nothing, .values = other, .input_count = 2, .name = "other", .layers = "dense"})});
  brine_function changed = train;
  changed.values = values.data();
  changed.value_count = static_cast<int32_t>(values.size());
  changed.calls = calls.data();
  changed.call_count = static_cast<int32_t>(calls.size());
  changed.first_update += 3;
  brine_program program = kSoftmaxProgram;
  program.functions = &changed;
  program.function_count = 1;

  const char* argv[] = {"softmax", "bench", "--steps", "1", "--threads", "1", "--json"};
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(brine_trainer_main(&program, 7, const_cast<char**>(argv)), 0);
  const std::string out = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(
      out,
      HasSubstr("\"flops\": 0, \"bytes\": 320, \"peak_share\": 0, \"bound\": \"memory\", "));  // 16 rows of 4 floats
                                                                                               // and 4 bytes
  // The prediction is for the share of nonzero elements and for the rate of multiply-adds that were measured.
  const std::string before = "\"nonzero\": 0.25, \"strategy\": \"hand\", \"predicted_ms\": ";
  EXPECT_NEAR(NumberAfter(out, before), 1.5e3 / NumberAfter(out, "\"peak_gflops\": ") + 0.5, 1e-6);
  EXPECT_THAT(out, HasSubstr("\"flops\": 0, \"bytes\": 336, "));
  EXPECT_EQ(out.find("\"nonzero\""), out.rfind("\"nonzero\""));
}

// The values that the last kernel of each step read.
struct Given {
  uint32_t step;
  float rate, kernel;
};
std::vector<Given> given;

// (step, adam_rate, kernel) ->
int KeepWhatIsGiven(void** argv) {
  const auto host = [&](int index) { return static_cast<brine_buffer*>(argv[index + 1])->host; };
  given.push_back(
      {*reinterpret_cast<uint32_t*>(host(0)), *reinterpret_cast<float*>(host(1)), *reinterpret_cast<float*>(host(2))});
  return 0;
}

// All steps of bench, whether they warm up, time steps, trace or time kernels, are one training run: each step has the
// number, the rate and the weights that follow from the step before.
TEST(BenchTest, EveryStepTrains) {
  const brine_function& train = kSoftmaxProgram.functions[0];
  uint16_t watched[3] = {};
  const char* const names[] = {"step", "adam_rate", "dense/kernel"};
  for (int index = 0; index < 3; ++index) {
    while (std::string(train.values[watched[index]].name) != names[index]) ++watched[index];
  }
  std::vector<brine_call> calls(train.calls, train.calls + train.call_count);
  calls.push_back(ByHand({.run = KeepWhatIsGiven, .values = watched, .input_count = 3, .name = "keep"}));
  brine_function changed = train;
  changed.calls = calls.data();
  changed.call_count = static_cast<int32_t>(calls.size());
  brine_program program = kSoftmaxProgram;
  program.functions = &changed;
  program.function_count = 1;

  given.clear();
  const std::string trace = ::testing::TempDir() + "/bench_test.json";
  const char* argv[] = {"softmax", "bench", "--steps", "3", "--threads", "1", "--json", "--trace", trace.c_str()};
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(brine_trainer_main(&program, 9, const_cast<char**>(argv)), 0);
  ::testing::internal::GetCapturedStdout();
  std::remove(trace.c_str());
  ASSERT_EQ(given.size(), 200u + 3 + 5 + 21);
  for (size_t index = 0; index < given.size(); ++index) {
    const double t = static_cast<double>(index + 1);
    EXPECT_EQ(given[index].step, index);
    EXPECT_FLOAT_EQ(given[index].rate,
                    static_cast<float>(1e-2 * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t))));
    EXPECT_TRUE(index == 0 || given[index].kernel != given[index - 1].kernel) << index;
  }
}

}  // namespace
}  // namespace brine::testing
