// The formulas of elementwise ops in kernels against the double interpreter, over the whole range of float32: each
// within some units in the last place (ulps) of the exact result, also near 0, near overflow and at infinity.
#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "ir/op.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

struct Row {
  const ir::Op* op;
  double ulps;                      // the largest permitted error
  std::vector<float> numbers = {};  // the operands after the first
  // The kernels of tanh and sigmoid convert an exponent to an integer, which larger magnitudes would overflow.
  float largest = std::numeric_limits<float>::infinity();
};

const std::vector<Row>& Rows() {
  static const auto* const rows = new std::vector<Row>{
      {&ir::kErf, 2.5},
      {&ir::kSoftplus, 4},
      {.op = &ir::kTanh, .ulps = 4, .largest = 5e8f},
      {.op = &ir::kSigmoid, .ulps = 4, .largest = 5e8f},
      {&ir::kElu, 3.5, {1}},
      {&ir::kElu, 4, {1.6732632f}},
      {&ir::kAbs, 0},
      {&ir::kSign, 0},
      {&ir::kRelu, 0},
      {&ir::kClippedRelu, 0, {6}},
      {&ir::kLeakyRelu, 0.5, {0.2f}},
      {&ir::kMinimum, 0, {-0.5f}},
      {&ir::kMaximum, 0, {1e-3f}},
      {&ir::kGreater, 0, {0}},
      {&ir::kSelect, 0, {3, -7}},
  };
  return *rows;
}

// Normal numbers of any exponent, numbers in (−10, 10), where most functions bend, and the ends of the range.
std::vector<float> Numbers() {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> numbers = {0, -0.0f, kInfinity, -kInfinity, FLT_MAX, -FLT_MAX, FLT_MIN, -FLT_MIN};
  std::mt19937 random(5);
  while (numbers.size() < 2000) {
    const uint32_t bits = static_cast<uint32_t>(random());
    float number;
    std::memcpy(&number, &bits, sizeof(number));
    if (std::isnormal(number)) numbers.push_back(number);
  }
  std::uniform_real_distribution<float> near(-10, 10);
  while (numbers.size() < 6000) numbers.push_back(near(random));
  return numbers;
}

// The distance from a float to the next one, at `exact`.  Kernels flush denormal numbers to zero.
double Ulp(double exact) {
  int exponent;
  std::frexp(std::max(std::abs(exact), static_cast<double>(FLT_MIN)), &exponent);
  return std::ldexp(1.0, exponent - 24);
}

double ErrorInUlps(float got, double exact) {
  if (std::abs(exact) > FLT_MAX) return static_cast<double>(got) == exact || std::isinf(got) ? 0 : INFINITY;
  if (got == 0 && std::abs(exact) < FLT_MIN) return 0;
  return std::abs(got - exact) / Ulp(exact);
}

ir::Graph GraphOf(const std::vector<float>& numbers) {
  ir::Graph graph;
  graph.name = "elementwise";
  graph.stage = ir::Stage::kFused;
  graph.function = ir::Function::kTrain;
  graph.batch_size = 1;
  const auto input = [&](const std::string& name, const ir::Shape& shape) {
    graph.inputs.push_back({graph.AddValue(name, {ir::DType::kF32, shape}), ir::Source::kData, 0});
    return graph.inputs.back().value;
  };
  const ir::ValueId x = input("x", {static_cast<int64_t>(numbers.size())});
  for (const Row& row : Rows()) {
    const std::string name = absl::StrCat("case", &row - Rows().data());
    std::vector<ir::ValueId> inputs = {x};
    for (size_t operand = 0; operand < row.numbers.size(); ++operand)
      inputs.push_back(input(absl::StrCat(name, ".", operand), {}));
    EXPECT_TRUE(graph.AddNode(*row.op, inputs, {}, {}, name).ok());
    ir::Node kernel;
    kernel.region = "loop";
    kernel.inputs = inputs;
    kernel.outputs = graph.nodes.back().outputs;
    kernel.body = {graph.nodes.back()};
    graph.nodes.back() = kernel;
  }
  return graph;
}

class Elementwise : public testing::TestWithParam<const char*> {};

TEST_P(Elementwise, FormulasAreExactOverTheWholeRange) {
  const std::vector<float> numbers = Numbers();
  const ir::Graph graph = GraphOf(numbers);
  ir::Tensors<float> given;
  for (const ir::Input& input : graph.inputs)
    given[graph.value(input.value).name] = ir::MakeTensor<float>(graph.type(input.value), 1);
  given["x"].real = numbers;
  for (const Row& row : Rows()) {
    for (size_t operand = 0; operand < row.numbers.size(); ++operand)
      given[absl::StrCat("case", &row - Rows().data(), ".", operand)].real = {row.numbers[operand]};
  }
  BuildOptions options = TestOptions();
  options.target = GetParam();
  auto step = BuildStep(graph, options);
  ASSERT_TRUE(step.ok()) << step.status();
  const auto got = step->Run(given, 1);
  const auto exact = ir::Interpret<double>(graph, ToDouble(given), 1);
  ASSERT_TRUE(got.ok() && exact.ok()) << got.status();
  for (const Row& row : Rows()) {
    const std::string name = absl::StrCat("case", &row - Rows().data());
    double worst = 0;
    float where = 0;
    for (size_t element = 0; element < numbers.size(); ++element) {
      if (std::abs(numbers[element]) > row.largest) continue;
      const double error = ErrorInUlps(got->at(name).real[element], exact->at(name).real[element]);
      if (!(error <= worst)) worst = error, where = numbers[element];
    }
    EXPECT_LE(worst, row.ulps) << row.op->name << " at " << where;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Elementwise, testing::ValuesIn(Targets()),
                         [](const auto& info) { return TargetName(info.param); });

}  // namespace
}  // namespace brine::codegen
