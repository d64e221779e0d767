// Compares the gradients of every input of every differentiable op with central differences in double, and backward ops
// with the definition of an adjoint.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ir/gradient.h"
#include "ir/interpret.h"
#include "tests/ops/op_cases.h"

namespace brine::ir {
namespace {

// A graph that has only an application of the case's op.  Its operands are the inputs "0", "1" and so on.
struct Single {
  Graph graph;
  Node node;

  explicit Single(const OpCase& row) {
    std::vector<ValueId> inputs;
    for (const Operand& operand : row.operands) {
      inputs.push_back(graph.AddValue(std::to_string(inputs.size()), operand.type));
      graph.inputs.push_back({inputs.back(), Source::kData, 0});
    }
    const absl::StatusOr<std::vector<ValueId>> outputs = graph.AddNode(*row.op, inputs, row.attributes, {});
    EXPECT_TRUE(outputs.ok()) << outputs.status();
    node = graph.nodes.back();
  }
};

Tensors<double> ByName(const std::vector<Tensor<double>>& operands) {
  Tensors<double> given;
  for (size_t i = 0; i < operands.size(); ++i) given[std::to_string(i)] = operands[i];
  return given;
}

bool WantsGradient(const OpCase& row, size_t index) {
  const bool is_constant = row.op == &kStopGradient || (row.op == &kDropout && index == 1);
  return IsReal(row.operands[index].type.dtype) && !is_constant;
}

// loss = Σ cotangent·y, whose gradient with respect to x[i] is (loss(x[i] + ε) − loss(x[i] − ε)) / 2ε
std::vector<double> CentralDifferences(const Single& single, Tensors<double> given, size_t index,
                                       const std::vector<double>& cotangent, int64_t rows) {
  constexpr double kEpsilon = 1e-5;
  const std::string y = single.graph.value(single.node.outputs[0]).name;
  const auto loss = [&] { return Dot(Interpret(single.graph, given, rows)->at(y).real, cotangent); };
  std::vector<double>& x = given[std::to_string(index)].real;
  std::vector<double> result;
  for (double& element : x) {
    const double kept = element;
    element = kept + kEpsilon;
    const double above = loss();
    element = kept - kEpsilon;
    const double below = loss();
    element = kept;
    result.push_back((above - below) / (2 * kEpsilon));
  }
  return result;
}

TEST(Gradients, AgreeWithCentralDifferences) {
  int checked = 0;
  for (const OpCase& row : OpCases()) {
    if (row.op->gradient == nullptr) continue;
    SCOPED_TRACE(ToString(row));
    const Single forward(row);
    Tensors<double> given = ByName(RandomOperands<double>(row));

    Single backward(row);
    const Type y = backward.graph.type(backward.node.outputs[0]);
    const ValueId dy = backward.graph.AddValue("dy", y);
    backward.graph.inputs.push_back({dy, Source::kData, 0});
    std::vector<ValueId> output_gradients(backward.node.outputs.size(), kNoValue);
    output_gradients[0] = dy;
    std::vector<bool> needed;
    for (size_t i = 0; i < row.operands.size(); ++i) needed.push_back(WantsGradient(row, i));
    GradientBuilder builder(backward.graph, backward.node, output_gradients, needed);
    const absl::Status status = row.op->gradient(builder);
    ASSERT_TRUE(status.ok()) << status;
    std::mt19937 random(7);
    given["dy"] = RandomTensor<double>(Operand(ToString(y).c_str()), row.rows, random);
    const absl::StatusOr<Tensors<double>> results = Interpret(backward.graph, given, row.rows);
    ASSERT_TRUE(results.ok()) << results.status();

    for (size_t i = 0; i < row.operands.size(); ++i) {
      if (!needed[i]) continue;
      SCOPED_TRACE(row.op->InputName(i));
      const ValueId gradient = builder.input_gradients()[i];
      const std::vector<double> wanted = CentralDifferences(forward, given, i, given["dy"].real, row.rows);
      if (gradient == kNoValue) {  // the result is constant around the operand
        EXPECT_EQ(Largest(wanted), 0);
        continue;
      }
      EXPECT_EQ(backward.graph.type(gradient), row.operands[i].type);
      // The gradient may be dy itself, which no node defines.
      const std::string& name = backward.graph.value(gradient).name;
      const std::vector<double>& got = name == "dy" ? given["dy"].real : results->at(name).real;
      ASSERT_EQ(got.size(), wanted.size());
      for (size_t k = 0; k < got.size(); ++k)
        ASSERT_NEAR(got[k], wanted[k], 1e-7 * std::max(Largest(wanted), 1e-3)) << "element " << k;
      ++checked;
    }
  }
  EXPECT_GE(checked, 40);
}

TEST(Gradients, OnlyNeededOnesAreBuilt) {
  for (const OpCase& row : OpCases()) {
    if (row.op->gradient == nullptr || row.operands.size() < 2 || row.op == &kDropout) continue;
    SCOPED_TRACE(ToString(row));
    for (size_t wanted = 0; wanted < row.operands.size(); ++wanted) {
      Single single(row);
      const ValueId dy = single.graph.AddValue("dy", single.graph.type(single.node.outputs[0]));
      std::vector<bool> needed(row.operands.size(), false);
      needed[wanted] = true;
      GradientBuilder builder(single.graph, single.node, {dy}, needed);
      ASSERT_TRUE(row.op->gradient(builder).ok());
      for (size_t i = 0; i < row.operands.size(); ++i)
        EXPECT_TRUE(builder.input_gradients()[i] == kNoValue || i == wanted) << i;
    }
  }
}

TEST(Gradients, DropoutRefusesItsRate) {
  const OpCase row = {&kDropout, {"f32[n,7]", "f32[]", "u32[2]", "u32[2]"}, {{"id", int64_t{1}}}};
  Single single(row);
  GradientBuilder builder(single.graph, single.node, {single.node.inputs[0]}, {true, true, false, false});
  EXPECT_EQ(row.op->gradient(builder).message(), "dropout is not differentiable with respect to its rate");
}

// The gradients of an op at `operands`, for dy = 1.  An operand without a gradient has an empty list.
std::vector<Floats> GradientsAt(const Op& op, const std::vector<Tensor<double>>& operands) {
  OpCase row = {&op, {}};
  for (const Tensor<double>& operand : operands)
    row.operands.push_back(Operand(ToString(Type{operand.dtype, operand.dims}).c_str()));
  Single single(row);
  const ValueId dy = single.graph.AddValue("dy", single.graph.type(single.node.outputs[0]));
  single.graph.inputs.push_back({dy, Source::kData, 0});
  GradientBuilder builder(single.graph, single.node, {dy}, std::vector<bool>(operands.size(), true));
  EXPECT_TRUE(op.gradient(builder).ok());
  Tensors<double> given = ByName(operands);
  given["dy"] = MakeTensor<double>(single.graph.type(dy), 1);
  for (double& element : given["dy"].real) element = 1;
  const Tensors<double> results = Interpret(single.graph, given, 1).value();
  std::vector<Floats> gradients;
  for (ValueId gradient : builder.input_gradients())
    gradients.push_back(gradient == kNoValue ? Floats() : results.at(single.graph.value(gradient).name).real);
  return gradients;
}

TEST(Gradients, KinksHaveTheDerivativesOfTheirDocs) {
  const auto t = [](const char* type, Floats values) { return TensorOf(type, values); };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  using Lists = std::vector<Floats>;
  EXPECT_EQ(GradientsAt(kAbs, {t("f32[4]", {-2, -0.0, 0, 3})}), (Lists{{-1, 0, 0, 1}}));
  EXPECT_EQ(GradientsAt(kMaximum, {t("f32[3]", {1, 2, 3}), t("f32[3]", {2, 2, 2})}), (Lists{{0, 1, 1}, {1, 0, 0}}));
  EXPECT_EQ(GradientsAt(kMinimum, {t("f32[3]", {1, 2, 3}), t("f32[3]", {2, 2, 2})}), (Lists{{1, 1, 0}, {0, 0, 1}}));
  EXPECT_EQ(GradientsAt(kMaximum, {t("f32[3]", {1, 2, 3}), t("f32[]", {2})}), (Lists{{0, 1, 1}, {1}}));
  EXPECT_EQ(GradientsAt(kSelect, {t("f32[3]", {-1, 0, 1}), t("f32[3]", {5, 5, kInfinity}), t("f32[]", {7})}),
            (Lists{{}, {0, 0, 1}, {2}}));
  EXPECT_EQ(GradientsAt(kClippedRelu, {t("f32[5]", {-1, 0, 5, 6, 7}), t("f32[]", {6})}), (Lists{{0, 0, 1, 0, 0}, {2}}));
  EXPECT_EQ(GradientsAt(kLeakyRelu, {t("f32[3]", {-2, 0, 3}), t("f32[]", {0.25})}), (Lists{{0.25, 0.25, 1}, {-2}}));
  EXPECT_EQ(GradientsAt(kElu, {t("f32[2]", {0, 3}), t("f32[]", {0.5})}), (Lists{{0.5, 1}, {0}}));
  EXPECT_EQ(GradientsAt(kSign, {t("f32[1]", {2})}), (Lists{{}}));
  EXPECT_EQ(GradientsAt(kGreater, {t("f32[1]", {2}), t("f32[1]", {2})}), (Lists{{}, {}}));
}

// Where an op is flat, or as steep as a line, so is its gradient: nothing overflows, and nothing is NaN.
TEST(Gradients, AreExactFarFromZero) {
  const Tensor<double> far = TensorOf("f32[4]", {-1e30, -1000, 1000, 1e30});
  const Tensor<double> one = TensorOf("f32[]", {1});
  EXPECT_EQ(GradientsAt(kSoftplus, {far})[0], Floats({0, 0, 1, 1}));
  EXPECT_EQ(GradientsAt(kErf, {far})[0], Floats({0, 0, 0, 0}));
  EXPECT_EQ(GradientsAt(kElu, {far, one})[0], Floats({0, 0, 1, 1}));
  EXPECT_EQ(GradientsAt(kTanh, {far})[0], Floats({0, 0, 0, 0}));
  EXPECT_EQ(GradientsAt(kSigmoid, {far})[0], Floats({0, 0, 0, 0}));
}

TEST(Gradients, ReluAndMaxPoolChooseASideAtTheirKinks) {
  EXPECT_EQ(
      Evaluate(kReluGrad, std::vector{TensorOf("f32[3]", {5, 5, 5}), TensorOf("f32[3]", {0, 1e-300, -0.0})})[0].real,
      Floats({0, 5, 0}));
  const auto pooled = Evaluate(kMaxPool, std::vector{TensorOf("f32[1,2,2,1]", {4, 4, 4, 4})});
  EXPECT_EQ(pooled[1].integers, Ints({0}));
  EXPECT_EQ(
      Evaluate(kMaxPoolGrad, std::vector{TensorOf("f32[1,1,1,1]", {3}), pooled[1]}, {{"input_size", Ints{2, 2}}})[0]
          .real,
      Floats({3, 0, 0, 0}));
}

// ⟨forward(x), dy⟩ = ⟨x, backward(dy)⟩ for every linear forward op and its backward op.
TEST(Gradients, BackwardOpsAreAdjoints) {
  int checked = 0;
  for (const OpCase& row : OpCases()) {
    SCOPED_TRACE(ToString(row));
    std::vector<Tensor<double>> in = RandomOperands<double>(row);
    const auto image_size = [&] { return Ints{in[0].dim(1), in[0].dim(2)}; };
    Attributes backward = row.attributes;
    std::mt19937 random(11);
    const auto cotangent = [&](const Tensor<double>& y) {
      return RandomTensor<double>(Operand(ToString(Type{y.dtype, y.dims}).c_str()), row.rows, random);
    };
    if (row.op == &kConv2D) {
      const Tensor<double> y = Evaluate(kConv2D, in, row.attributes)[0], dy = cotangent(y);
      const double pairing = Dot(y.real, dy.real);
      backward.Set("input_size", image_size());
      EXPECT_NEAR(Dot(in[0].real, Evaluate(kConv2DInputGrad, std::vector{dy, in[1]}, backward)[0].real), pairing,
                  1e-12);
      backward = row.attributes;
      backward.Set("kernel_size", Ints{in[1].dim(0), in[1].dim(1)});
      EXPECT_NEAR(Dot(in[1].real, Evaluate(kConv2DWeightGrad, std::vector{in[0], dy}, backward)[0].real), pairing,
                  1e-12);
    } else if (row.op == &kMaxPool || row.op == &kAvgPool || row.op == &kReluAvgPool) {
      const auto results = Evaluate(*row.op, in, row.attributes);
      const Tensor<double> dy = cotangent(results[0]);
      backward.Set("input_size", image_size());
      const auto dx = row.op == &kMaxPool   ? Evaluate(kMaxPoolGrad, std::vector{dy, results[1]}, backward)
                      : row.op == &kAvgPool ? Evaluate(kAvgPoolGrad, std::vector{dy}, backward)
                                            : Evaluate(kReluAvgPoolGrad, std::vector{dy, results[1]}, backward);
      EXPECT_NEAR(Dot(in[0].real, dx[0].real), Dot(results[0].real, dy.real), 1e-12);
    } else {
      continue;
    }
    ++checked;
  }
  EXPECT_GE(checked, 15);
}

}  // namespace
}  // namespace brine::ir
