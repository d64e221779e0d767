// Extreme shapes: a strategy would need more of the stack, for a row of an image or for its channels, than a thread
// has.
#include <gtest/gtest.h>
#include <pthread.h>

#include "ir/draw.h"
#include "ir/text/text.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

constexpr struct {
  const char* name;
  const char* kernel;
} kRows[] = {
    {"WideWinograd", R"(
  input %x : f32[n,4,4000,16] data
  input %w : f32[3,3,16,16] data
  %y = kernel(%x, %w) <contraction> {
    %y = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,4,4000,16]
  } : f32[n,4,4000,16])"},
    {"DeepWinograd", R"(
  input %x : f32[n,8,8,3000] data
  input %w : f32[3,3,3000,16] data
  %y = kernel(%x, %w) <contraction> {
    %y = conv2d(%x, %w) : f32[n,6,6,16]
  } : f32[n,6,6,16])"},
    {"DeepWinogradOfOddTiles", R"(
  input %x : f32[n,8,8,2600] data
  input %w : f32[3,3,2600,16] data
  %y = kernel(%x, %w) <contraction> {
    %y = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,8,8,16]
  } : f32[n,8,8,16])"},
    {"WideDirect", R"(
  input %x : f32[n,1,40000,16] data
  input %w : f32[1,3,16,16] data
  %y = kernel(%x, %w) <contraction> {
    %y = conv2d(%x, %w) : f32[n,1,39998,16]
  } : f32[n,1,39998,16])"},
    {"WideStrided", R"(
  input %d : f32[n,1,20000,16] data
  input %w : f32[1,3,16,16] data
  %y = kernel(%d, %w) <contraction> {
    %y = conv2d_input_grad(%d, %w) {input_size=[1,40001], strides=[1,2]} : f32[n,1,40001,16]
  } : f32[n,1,40001,16])"},
    {"WideWinogradWeightGrad", R"(
  input %x : f32[n,4,512,32] data
  input %d : f32[n,4,512,32] data
  %y = kernel(%x, %d) <contraction> {
    %y = conv2d_weight_grad(%x, %d) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,32,32]
  } : f32[3,3,32,32])"},
    {"WideFewFilters", R"(
  input %x : f32[n,3,4000,24] data
  input %w : f32[3,3,24,5] data
  %y = kernel(%x, %w) <contraction> {
    %y = conv2d(%x, %w) {pads=[1,1,1,1]} : f32[n,3,4000,5]
  } : f32[n,3,4000,5])"},
    {"WideWeightGradOfFewFilters", R"(
  input %x : f32[n,3,4000,24] data
  input %d : f32[n,3,4000,5] data
  %y = kernel(%x, %d) <contraction> {
    %y = conv2d_weight_grad(%x, %d) {kernel_size=[3,3], pads=[1,1,1,1]} : f32[3,3,24,5]
  } : f32[3,3,24,5])"},
};
constexpr int64_t kBatchSize = 16;  // so many that the sums over a batch are cut into parts

class StackTest : public testing::TestWithParam<int> {};

// Runs `body` on a thread whose stack has the 1 MB that kernels may take, and what C++ around them does.
template <typename Body>
void OnSmallStack(Body body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, (1 << 20) + (256 << 10)), 0);
  pthread_t thread;
  const auto run = [](void* argument) -> void* {
    (*static_cast<Body*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, &body), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST_P(StackTest, OneMegabyteIsEnough) {
  const auto& row = kRows[GetParam()];
  const auto graphs = ir::Parse(absl::StrCat("graph \"stack\" stage=fused function=predict batch=", kBatchSize, " {",
                                             row.kernel, "\n  output \"y\" = %y\n}\n"),
                                row.name);
  ASSERT_TRUE(graphs.ok()) << graphs.status();
  auto step = BuildStep(graphs->front(), TestOptions());
  ASSERT_TRUE(step.ok()) << step.status();
  const ir::Tensors<float> given = ir::DrawGiven<float>(graphs->front(), 1, 10, 1);
  StepComparison comparison(graphs->front());
  OnSmallStack([&] {
    const auto results = step->Run(given, 1, 1);
    ASSERT_TRUE(results.ok()) << results.status();
    ASSERT_TRUE(comparison.Add(given, *results, 1).ok());
  });
  EXPECT_EQ(comparison.FirstFault(), "");
}

INSTANTIATE_TEST_SUITE_P(Shapes, StackTest, testing::Range(0, static_cast<int>(std::size(kRows))),
                         [](const testing::TestParamInfo<int>& info) { return std::string(kRows[info.param].name); });

}  // namespace
}  // namespace brine::codegen
