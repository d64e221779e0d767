// Compares activations and their derivatives with those of Keras (activations.py).
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "frontend/graph_of.h"
#include "ir/interpret.h"
#include "passes/autodiff.h"
#include "tests/reference/cifar10_cnn.h"

namespace brine {
namespace {

Layer LayerOf(const std::string& name) {
  static const auto* const layers = new std::map<std::string, Layer>{
      {"ReLU(max_value=1)", ReLU({.max_value = 1})},
      {"ReLU(max_value=1,threshold=0.5)", ReLU({.max_value = 1, .threshold = 0.5})},
      {"ReLU(max_value=1,negative_slope=0.25,threshold=0.5)",
       ReLU({.max_value = 1, .negative_slope = 0.25, .threshold = 0.5})},
      {"ReLU(negative_slope=0.25)", ReLU({.negative_slope = 0.25})},
      {"ReLU(negative_slope=0.25,threshold=0.5)", ReLU({.negative_slope = 0.25, .threshold = 0.5})},
      {"LeakyReLU()", LeakyReLU()},
      {"ELU(alpha=0.5)", ELU({.alpha = 0.5})},
  };
  const auto layer = layers->find(name);
  return layer != layers->end() ? layer->second : Activation(name);
}

// The layer's result for the numbers x, and its derivative.
struct Curve {
  std::vector<double> y, slope;
};

Curve CurveOf(const Layer& layer, const std::vector<double>& x) {
  const Tensor input = Input({1});
  ir::Graph graph = BuildGraph(Model("m", input, layer(input))).value();
  graph.function = ir::Function::kTrain;
  // The input becomes a parameter, and the loss is the sum of the results.
  const ir::ValueId parameter = graph.inputs[0].value, y = graph.outputs[0].value;
  graph.inputs.clear();
  graph.states.push_back({parameter, ir::Role::kParameter, {}, {}});
  for (const ir::ValueId value : graph.value_ids()) {
    ir::Shape& shape = graph.values[Index(value)].type.shape;
    if (shape == ir::Shape{ir::kBatch, 1}) shape = {static_cast<int64_t>(x.size()), 1};
  }
  const ir::ValueId loss = graph.AddNode(ir::kReduceSum, {y}, {{"axes", std::vector<int64_t>{0, 1}}}, {}).value()[0];
  graph.outputs = {{"loss", loss}, {"y", y}};
  EXPECT_TRUE(passes::Autodiff(graph).ok());
  ir::Tensors<double> given;
  given[graph.value(parameter).name] = ir::MakeTensor<double>(graph.type(parameter), 1);
  given[graph.value(parameter).name].real = x;
  ir::Tensors<double> results = ir::Interpret<double>(graph, given, 1).value();
  results.merge(given);
  Curve curve;
  for (const ir::Output& output : graph.outputs) {
    if (output.name == "y") curve.y = results.at(graph.value(output.value).name).real;
    if (output.name == "x.grad") curve.slope = results.at(graph.value(output.value).name).real;
  }
  return curve;
}

TEST(Activations, AgreeWithKeras) {
  std::map<std::string, std::vector<std::vector<double>>> curves;  // x, y and dy/dx
  for (const std::vector<std::string>& row : reference::ReadRows("activations.txt")) {
    curves[row[0]].resize(3);
    for (size_t column = 0; column < 3; ++column) curves[row[0]][column].push_back(std::stod(row[column + 1]));
  }
  EXPECT_EQ(curves.size(), 26u);
  for (const auto& [name, wanted] : curves) {
    SCOPED_TRACE(name);
    const Curve got = CurveOf(LayerOf(name), wanted[0]);
    ASSERT_EQ(got.y.size(), wanted[1].size());
    ASSERT_EQ(got.slope.size(), wanted[2].size());
    for (size_t i = 0; i < wanted[0].size(); ++i) {
      // TensorFlow rounds the slope of leaky_relu to float32, which changes 0.3 by 4e-8 of it.
      EXPECT_NEAR(got.y[i], wanted[1][i], 1e-14 + 5e-8 * std::abs(wanted[1][i])) << "at " << wanted[0][i];
      if (name == "selu" && wanted[0][i] == 0) continue;  // a kink
      EXPECT_NEAR(got.slope[i], wanted[2][i], 1e-14 + 5e-8 * std::abs(wanted[2][i])) << "slope at " << wanted[0][i];
    }
  }
}

TEST(Activations, SoftmaxOverAnAxisDividesBySumsAlongIt) {
  constexpr int64_t kRows = 2, kExtents[] = {kRows, 2, 4, 3};
  for (const int64_t axis : {1, 2, 3, -1, -2, -3}) {
    SCOPED_TRACE(axis);
    const Tensor x = Input({kExtents[1], kExtents[2], kExtents[3]});
    const ir::Graph graph = BuildGraph(Model("m", x, Softmax({.axis = axis})(x))).value();
    ir::Tensors<double> given;
    given["x"] = ir::MakeTensor<double>(graph.type(graph.inputs[0].value), kRows);
    std::vector<double>& numbers = given["x"].real;
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = 3 * std::sin(static_cast<double>(i * i));
    const auto results = ir::Interpret<double>(graph, given, kRows);
    ASSERT_TRUE(results.ok()) << results.status();
    const std::vector<double>& y = results->at("softmax").real;
    int64_t stride = 1;  // between neighbours along the axis
    const int64_t from_front = axis < 0 ? axis + 4 : axis, extent = kExtents[from_front];
    for (int64_t after = from_front + 1; after < 4; ++after) stride *= kExtents[after];
    ASSERT_EQ(y.size(), numbers.size());
    for (int64_t i = 0; i < static_cast<int64_t>(y.size()); ++i) {
      const int64_t first = i - i / stride % extent * stride;
      double sum = 0;
      for (int64_t k = 0; k < extent; ++k) sum += std::exp(numbers[static_cast<size_t>(first + k * stride)]);
      EXPECT_NEAR(y[static_cast<size_t>(i)], std::exp(numbers[static_cast<size_t>(i)]) / sum, 1e-14) << i;
    }
  }
}

}  // namespace
}  // namespace brine
