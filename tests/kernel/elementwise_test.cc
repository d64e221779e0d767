// The formulas of elementwise ops and activations in kernels against the double interpreter, over the whole range of
// float32: each op within some units in the last place (ulps) of the exact result, also near 0, near overflow and at
// infinity.
#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <random>

#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "ir/draw.h"
#include "ir/op.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

struct Row {
  const ir::Op* op;
  double ulps;                      // the largest permitted error
  std::vector<float> numbers = {};  // the operands after the first
  bool keeps_nan = false;           // whether the kernel makes NaN of NaN
};

const std::vector<Row>& Rows() {
  static const auto* const rows = new std::vector<Row>{
      {&ir::kErf, 2.5},
      {.op = &ir::kExp, .ulps = 4, .keeps_nan = true},
      {.op = &ir::kSoftplus, .ulps = 4, .keeps_nan = true},
      {.op = &ir::kTanh, .ulps = 4, .keeps_nan = true},
      {.op = &ir::kSigmoid, .ulps = 4, .keeps_nan = true},
      {.op = &ir::kElu, .ulps = 3.5, .numbers = {1}, .keeps_nan = true},
      {.op = &ir::kElu, .ulps = 4, .numbers = {1.6732632f}, .keeps_nan = true},
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

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// NaN, normal numbers of any exponent, numbers in (−10, 10), where most functions bend, and the ends of the range.
std::vector<float> Numbers() {
  std::vector<float> numbers = {
      std::numeric_limits<float>::quiet_NaN(), 0, -0.0f, kInfinity, -kInfinity, FLT_MAX, -FLT_MAX, FLT_MIN, -FLT_MIN};
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
      const float number = got->at(name).real[element];
      if (std::isnan(numbers[element])) {
        EXPECT_TRUE(std::isnan(number) || !row.keeps_nan) << row.op->name << " of NaN is " << number;
        continue;
      }
      const double error = ErrorInUlps(number, exact->at(name).real[element]);
      if (!(error <= worst)) worst = error, where = numbers[element];
    }
    EXPECT_LE(worst, row.ulps) << row.op->name << " at " << where;
  }
}

// The activations of `y`, a function of the inputs, in kernels that compute y themselves, and in double.
struct Computed {
  ir::Tensors<float> kernel;
  ir::Tensors<double> exact;
};

const std::vector<std::string> kComposed = {"elu",  "selu", "tanh",      "sigmoid", "softplus",
                                            "silu", "gelu", "gelu_tanh", "mish",    "softsign"};

Computed ActivationsOf(const std::vector<std::string>& names, const std::vector<Tensor>& inputs, const Tensor& y,
                       const std::map<std::string, std::vector<float>>& numbers, int64_t rows, const char* target) {
  std::vector<Tensor> outputs;
  for (const std::string& name : names) outputs.push_back(Activation(name, {.name = name})(y));
  const auto graph = BuildGraph(Model("activations", inputs, outputs));
  EXPECT_TRUE(graph.ok()) << graph.status();
  auto predict = passes::Derive(*graph, ir::Function::kPredict, rows);
  EXPECT_TRUE(predict.ok() && passes::RunPipeline(*predict).ok()) << predict.status();
  BuildOptions options = TestOptions();
  options.target = target;
  auto step = BuildStep(*predict, options);
  EXPECT_TRUE(step.ok()) << step.status();
  ir::Tensors<float> given = ir::DrawGiven<float>(*predict, rows, 2, /*seed=*/1);
  for (const auto& [name, values] : numbers) given[name].real = values;
  return {step->Run(given, rows).value(), ir::Interpret<double>(*predict, ToDouble(given), rows).value()};
}

// An activation is an op or a composition of ops, which may overflow on its way to a small result.
TEST_P(Elementwise, ActivationsAreExactAtTheEndsOfTheRange) {
  const std::vector<std::string> names = {"relu",        "relu6",   "leaky_relu",   "elu",       "selu",
                                          "exponential", "sigmoid", "hard_sigmoid", "tanh",      "softplus",
                                          "softsign",    "silu",    "gelu",         "hard_silu", "gelu_tanh",
                                          "mish",        "softmax", "log_softmax"};
  const std::vector<float> numbers = {FLT_MAX, -FLT_MAX, kInfinity, -kInfinity, 1.5e9f, -1.5e9f, 120, -120};
  const Tensor x = Input({2}, {.name = "x"});
  std::vector<float> given;
  for (const float number : numbers) given.insert(given.end(), {number, 0.25f});
  const Computed computed =
      ActivationsOf(names, {x}, x, {{"x", given}}, static_cast<int64_t>(numbers.size()), GetParam());
  for (const std::string& name : names) {
    for (size_t element = 0; element < given.size(); ++element) {
      const float number = computed.kernel.at(name).real[element];
      const double wanted = computed.exact.at(name).real[element];
      const bool agrees = std::isnan(wanted) ? std::isnan(number) : ErrorInUlps(number, wanted) <= 8;
      EXPECT_TRUE(agrees) << name << "[" << element << "] is " << number << ", not " << wanted;
    }
  }
}

// Fast-math lets a compiler assume that the result of its own arithmetic is a number.
TEST_P(Elementwise, NaNThatTheKernelComputesStaysNaN) {
  const Tensor x = Input({1}, {.name = "x"}), zero = Input({1}, {.name = "zero"});
  const Computed computed = ActivationsOf(kComposed, {x, zero}, Multiply({x, zero}),
                                          {{"x", {kInfinity, -kInfinity, 1}}, {"zero", {0, 0, 0}}}, 3, GetParam());
  for (const std::string& name : kComposed) {
    for (size_t row : {0, 1})
      EXPECT_TRUE(std::isnan(computed.kernel.at(name).real[row]))
          << name << " is " << computed.kernel.at(name).real[row];
    EXPECT_FALSE(std::isnan(computed.kernel.at(name).real[2])) << name;
  }
}

// An activation may contain the square and the cube of its argument c·x, and c³ may be out of float's range.
TEST_P(Elementwise, FactorsThatAreFarFromOneAreExact) {
  for (const int exponent : {-90, -46, -43, 43, 80}) {
    const auto factor = static_cast<float>(std::ldexp(1.0, exponent));
    std::vector<float> numbers = {0.01f, 0.1f, 0.5f, 1, 3, -0.02f, -0.3f, -0.7f, -2, -5};
    for (float& number : numbers) number /= factor;
    for (const std::string& name : kComposed) {
      const Tensor x = Input({1}, {.name = "x"});
      const Computed computed = ActivationsOf({name}, {x}, Rescaling(factor)(x), {{"x", numbers}},
                                              static_cast<int64_t>(numbers.size()), GetParam());
      for (size_t row = 0; row < numbers.size(); ++row) {
        const float got = computed.kernel.at(name).real[row];
        EXPECT_LE(ErrorInUlps(got, computed.exact.at(name).real[row]), 8)
            << name << " of 2^" << exponent << "·" << numbers[row] << " is " << got;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Elementwise, testing::ValuesIn(Targets()),
                         [](const auto& info) { return TargetName(info.param); });

}  // namespace
}  // namespace brine::codegen
