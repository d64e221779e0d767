// Tests the interpreter with whole graphs: order, kernels, errors, updates, and the values that the host gives.
#include "ir/interpret.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ir/expression.h"
#include "ir/philox.h"
#include "ir/text/text.h"
#include "tests/ops/op_test_util.h"

namespace brine::ir {
namespace {

// y = x·p + x, p' = p − rate·sum(y), q' = p
struct Example {
  Graph graph;
  ValueId x, p, q, rate, y;

  Example() {
    x = graph.AddValue("x", TypeOf("f32[n,2]"));
    rate = graph.AddValue("learning_rate", TypeOf("f32[]"));
    p = graph.AddValue("p", TypeOf("f32[2]"));
    q = graph.AddValue("q", TypeOf("f32[2]"));
    graph.inputs = {{x, Source::kData, 0}, {rate, Source::kScalar, 0.5}};
    graph.states = {{p, Role::kParameter, {InitializerKind::kConstant, 0.1}, {}}, {q, Role::kSlot, {}, {}}};
    y = Add(kAdd, {Add(kMul, {x, p}, "product"), x}, "y");
    const ValueId sum = Add(kReduceSum, {y}, "sum", {{"axes", Ints{0}}});
    graph.updates = {{p, Add(kSgd, {p, sum, rate}, "stepped")}, {q, p}};
    graph.outputs = {{"output", y}};
  }

  ValueId Add(const Op& op, std::vector<ValueId> inputs, const char* name, Attributes attributes = {}) {
    return graph.AddNode(op, std::move(inputs), std::move(attributes), {}, name)->front();
  }
};

Tensors<double> Given() {
  Tensors<double> given;
  given["x"] = TensorOf("f32[3,2]", {1, 2, 3, 4, 5, 6});
  given["learning_rate"] = TensorOf("f32[]", {0.5});
  given["p"] = TensorOf("f32[2]", {10, 100});
  given["q"] = TensorOf("f32[2]", {0, 0});
  return given;
}

TEST(Interpret, ExecutesInOrderAndUpdatesAtOnce) {
  const Example example;
  const Tensors<double> results = *Interpret(example.graph, Given(), 3);
  EXPECT_EQ(results.at("y").real, Floats({11, 202, 33, 404, 55, 606}));
  EXPECT_EQ(results.at("y").dims, Ints({3, 2}));
  EXPECT_EQ(results.at("product").real, Floats({10, 200, 30, 400, 50, 600}));
  EXPECT_EQ(results.count("x") + results.count("p"), 0u);
  Tensors<double> states = Given();
  ApplyUpdates(example.graph, results, states);
  EXPECT_EQ(states.at("p").real, Floats({10 - 49.5, 100 - 606}));
  EXPECT_EQ(states.at("q").real, Floats({10, 100}));  // p as it was before the step
}

TEST(Interpret, ExecutesKernelsAndShowsWhatIsInside) {
  Example example;
  const Tensors<double> plain = *Interpret(example.graph, Given(), 3);
  Node kernel;
  kernel.region = "generic";
  kernel.inputs = {example.x, example.p};
  kernel.outputs = {example.y};
  kernel.body = {example.graph.nodes[0], example.graph.nodes[1]};
  example.graph.nodes.erase(example.graph.nodes.begin(), example.graph.nodes.begin() + 2);
  example.graph.nodes.insert(example.graph.nodes.begin(), kernel);
  const Tensors<double> fused = *Interpret(example.graph, Given(), 3);
  ASSERT_EQ(fused.size(), plain.size());
  for (const auto& [name, tensor] : plain) EXPECT_EQ(fused.at(name).real, tensor.real) << name;
}

TEST(Interpret, RefusesWhatDoesNotFit) {
  const Example example;
  const auto message = [&](auto change, int64_t rows = 3) {
    Tensors<double> given = Given();
    change(given);
    return std::string(Interpret(example.graph, given, rows).status().message());
  };
  EXPECT_EQ(message([](auto& given) { given.erase("p"); }), "p: no tensor was given");
  EXPECT_EQ(message([](auto& given) { given["x"].dims = {2, 3}; }), "x: expected f32[3,2], got f32[2,3]");
  EXPECT_EQ(message([](auto& given) { given["x"].dtype = DType::kU8; }), "x: expected f32[3,2], got u8[3,2]");
  EXPECT_EQ(message([](auto& given) { given["x"].real.pop_back(); }), "x: expected 6 elements, got 5");
  EXPECT_EQ(message([](auto&) {}, 4), "x: expected f32[4,2], got f32[3,2]");
  EXPECT_EQ(message([](auto&) {}, 0), "rows must be positive, got 0");
  EXPECT_EQ(message([](auto&) {}, int64_t{1} << 40), "x: shape [n,2] has more than 2147483647 elements");
  EXPECT_EQ(message([](auto&) {}), "");
}

TEST(Interpret, FloatRoundsWhereDoubleDoesNot) {
  Example example;
  Tensors<float> narrow;
  for (const auto& [name, tensor] : Given()) {
    narrow[name].dims = tensor.dims;
    narrow[name].real.assign(tensor.real.begin(), tensor.real.end());
  }
  narrow["p"].real = {1e-9f, 1e-9f};
  EXPECT_EQ(Interpret(example.graph, narrow, 3)->at("y").real, std::vector<float>({1, 2, 3, 4, 5, 6}));
}

// The initial content of a state "w".
std::vector<double> Initial(const char* type, Initializer initializer) {
  Graph graph;
  graph.states.push_back({graph.AddValue("w", TypeOf(type)), Role::kParameter, initializer, {}});
  return InitialStates<double>(graph, 7).at("w").real;
}

TEST(Interpret, DistributionsHaveTheirMoments) {
  struct Row {
    Initializer initializer;
    double mean, deviation, largest;  // largest: distance from the mean
  };
  const Row rows[] = {
      {{InitializerKind::kUniform, 0.5, 2}, 2, 0.5 / std::sqrt(3), 0.5},
      {{InitializerKind::kNormal, 0.5, -1}, -1, 0.5, 3},
      {{InitializerKind::kTruncatedNormal, 0.5, 1}, 1, 0.5 * 0.87962566103423978, 1},
  };
  for (const Row& row : rows) {
    double mean = 0, square = 0, largest = 0;
    const std::vector<double> numbers = Initial("f32[100,200]", row.initializer);
    for (double number : numbers) {
      mean += number / 20000;
      square += (number - row.mean) * (number - row.mean) / 20000;
      largest = std::max(largest, std::abs(number - row.mean));
    }
    EXPECT_NEAR(mean, row.mean, 4 * row.deviation / std::sqrt(20000));
    EXPECT_NEAR(std::sqrt(square), row.deviation, 4 * row.deviation / std::sqrt(2 * 20000));
    EXPECT_LE(largest, row.largest + 1e-6);
    EXPECT_GT(largest, 0.65 * row.largest);
  }
}

TEST(Interpret, AnIdentityMayLackRowsOrColumns) {
  EXPECT_EQ(Initial("f32[2,3]", {InitializerKind::kIdentity, 2}), Floats({2, 0, 0, 0, 2, 0}));
  EXPECT_EQ(Initial("f32[3,2]", {InitializerKind::kIdentity, -1}), Floats({-1, 0, 0, -1, 0, 0}));
}

// The products of the shorter side's vectors are those of unit vectors at right angles, and the vectors are those that
// the QR factorization of the random matrix has, if R has a positive diagonal: q₀ is its first vector, scaled.
TEST(Interpret, AnOrthogonalMatrixIsOrthogonal) {
  for (const char* type : {"f32[40,40]", "f32[60,17]", "f32[17,60]", "f32[3,2,5,7]"}) {
    const Shape shape = TypeOf(type).shape;
    const size_t columns = static_cast<size_t>(shape.back());
    const std::vector<double> q = Initial(type, {InitializerKind::kOrthogonal, 3});
    const size_t rows = q.size() / columns, vectors = std::min(rows, columns), length = std::max(rows, columns);
    const auto at = [&](size_t vector, size_t k) {
      return rows < columns ? q[vector * columns + k] : q[k * columns + vector];
    };
    for (size_t a = 0; a < vectors; ++a) {
      for (size_t b = 0; b <= a; ++b) {
        double product = 0;
        for (size_t k = 0; k < length; ++k) product += at(a, k) * at(b, k);
        EXPECT_NEAR(product, a == b ? 9 : 0, 3e-6) << type << " " << a << " " << b;
      }
    }
    const std::vector<double> normal = Initial(type, {InitializerKind::kNormal, 1});
    double ratio = 0;
    for (size_t k = 0; k < length; ++k) {
      const double drawn = rows < columns ? normal[k] : normal[k * columns];
      if (k == 0) ratio = at(0, 0) / drawn;
      EXPECT_GT(ratio, 0);
      EXPECT_NEAR(at(0, k), ratio * drawn, 1e-6);
    }
  }
}

TEST(Interpret, InitialStatesFollowTheirInitializers) {
  Graph graph;
  const auto state = [&](const char* name, const char* type, InitializerKind kind, double argument) {
    graph.states.push_back({graph.AddValue(name, TypeOf(type)), Role::kParameter, {kind, argument}, {}});
  };
  state("conv2d/kernel", "f32[50,40]", InitializerKind::kUniform, 0.25);
  state("dense/kernel", "f32[50,40]", InitializerKind::kTruncatedNormal, 0.5);
  state("dense/bias", "f32[3]", InitializerKind::kConstant, 0.1);
  const Tensors<double> states = InitialStates<double>(graph, 0x0000000200000001);
  EXPECT_EQ(states.at("dense/bias").real, Floats(3, static_cast<double>(0.1f)));

  const std::vector<double>& uniform = states.at("conv2d/kernel").real;
  double mean = 0, square = 0;
  for (uint32_t i = 0; i < uniform.size(); ++i) {
    const double u = (Philox({i, 0, NameId("conv2d/kernel"), 0}, {1, 2})[0] >> 8) / 16777216.0;
    EXPECT_EQ(uniform[i], static_cast<double>(static_cast<float>(0.25 * (2 * u - 1))));
    mean += uniform[i] / 2000;
    square += uniform[i] * uniform[i] / 2000;
  }
  EXPECT_NEAR(mean, 0, 4 * 0.25 / std::sqrt(3.0 * 2000));
  EXPECT_NEAR(square, 0.0625 / 3, 0.002);

  const std::vector<double>& normal = states.at("dense/kernel").real;
  mean = square = 0;
  bool redrawn = false;
  for (uint32_t i = 0; i < normal.size(); ++i) {
    EXPECT_LE(std::abs(normal[i]), 1.0);
    mean += normal[i] / 2000;
    square += normal[i] * normal[i] / 2000;
    const std::array<uint32_t, 4> words = Philox({i, 0, NameId("dense/kernel"), 0}, {1, 2});
    const double z = std::sqrt(-2 * std::log((words[0] + 0.5) / 4294967296.0)) *
                     std::cos(2 * std::acos(-1.0) * (words[1] / 4294967296.0));
    if (std::abs(z) <= 2)
      EXPECT_NEAR(normal[i], 0.5 * z, 1e-7);
    else
      redrawn = true;
  }
  EXPECT_TRUE(redrawn);
  EXPECT_NEAR(mean, 0, 0.04);
  EXPECT_NEAR(std::sqrt(square), 0.5 * 0.87962566103423978,
              0.03);  // a normal distribution that is truncated at two deviations

  EXPECT_NE(InitialStates<double>(graph, 1).at("conv2d/kernel").real, uniform);
  const std::vector<float> narrow = InitialStates<float>(graph, 0x0000000200000001).at("dense/kernel").real;
  EXPECT_EQ(std::vector<double>(narrow.begin(), narrow.end()), normal);  // the same numbers in both precisions
}

TEST(Interpret, HostInputsFollowTheirSources) {
  Graph graph;
  const auto input = [&](const char* name, const char* type, Source source, double initial = 0) {
    graph.inputs.push_back({graph.AddValue(name, TypeOf(type)), source, initial});
  };
  input("x", "u8[n,3]", Source::kData);
  input("rows", "f32[]", Source::kRows);
  input("seed", "u32[2]", Source::kSeed);
  input("step", "u32[2]", Source::kStep);
  input("dropout/rate", "f32[]", Source::kScalar, 0.25);
  input("learning_rate", "f32[]", Source::kScalar, 0.5);
  const ValueId rate = graph.FindValue("learning_rate");
  input("rate", "f32[]", Source::kExpression);
  graph.inputs.back().expression = Apply(
      TermKind::kDiv, {ScalarOf(rate), Apply(TermKind::kSqrt, {Apply(TermKind::kAdd, {StepNumber(), Constant(1)})})});
  Tensors<double> inputs = HostInputs<double>(graph, 0x0000000900000007, 2, 5);
  EXPECT_EQ(inputs.count("x"), 0u);
  EXPECT_EQ(inputs["rows"].real, Floats({5}));
  EXPECT_EQ(inputs["seed"].integers, Ints({7, 9}));
  EXPECT_EQ(inputs["step"].integers, Ints({2, 0}));
  EXPECT_EQ(inputs["dropout/rate"].real, Floats({0.25}));
  EXPECT_EQ(inputs["rate"].real, Floats({0.25}));
  inputs = HostInputs<double>(graph, 0, 7, 5, {{"dropout/rate", 0.75}, {"learning_rate", 6}});
  EXPECT_EQ(inputs["dropout/rate"].real, Floats({0.75}));
  EXPECT_EQ(inputs["rate"].real, Floats({2}));
}

TEST(Interpret, EvaluatesExpressionsOfEveryOperation) {
  const auto graphs = Parse(R"(graph "g" {
  input %x : f32[] scalar 0.125
  input %add : f32[] expression add(%x, t)
  input %sub : f32[] expression sub(%x, t)
  input %mul : f32[] expression mul(%x, t)
  input %div : f32[] expression div(t, %x)
  input %pow : f32[] expression pow(%x, t)
  input %min : f32[] expression min(%x, t)
  input %max : f32[] expression max(%x, t)
  input %root : f32[] expression sqrt(t)
  input %exp : f32[] expression exp(%x)
  input %log : f32[] expression log(t)
  input %cos : f32[] expression cos(t)
  input %floor : f32[] expression floor(sub(%x, t))
  input %less : f32[] expression sub(less(%x, t), mul(2.0, add(less(t, %x), less(t, t))))
  input %yes : f32[] expression select(sub(%x, t), 5.0, div(1.0, 0.0))
  input %no : f32[] expression select(less(t, %x), div(1.0, 0.0), 6.0)
  input %product : f32[] expression q_pochhammer(0.48, 0.96, t)
  input %infinite : f32[] expression q_pochhammer(0.5, 0.5, 1e300)
  input %reads : f32[] expression sub(%add, %sub)
  input %nested : f32[] expression sub(sub(t, div(t, %x)), mul(0.0, sub(%x, t)))
})",
                            "g.ir");
  ASSERT_TRUE(graphs.ok()) << graphs.status();
  const Graph& graph = graphs->front();
  const Tensors<double> inputs = HostInputs<double>(graph, 0, 2, 5);
  const std::pair<const char*, double> wanted[] = {{"add", 3.125},
                                                   {"sub", -2.875},
                                                   {"mul", 0.375},
                                                   {"div", 24},
                                                   {"pow", 0.001953125},
                                                   {"min", 0.125},
                                                   {"max", 3},
                                                   {"root", std::sqrt(3)},
                                                   {"nested", -21},
                                                   {"exp", std::exp(0.125)},
                                                   {"log", std::log(3)},
                                                   {"cos", std::cos(3)},
                                                   {"floor", -3},
                                                   {"less", 1},
                                                   {"yes", 5},
                                                   {"no", 6},
                                                   {"product", 0.52 * (1 - 0.48 * 0.96) * (1 - 0.48 * 0.96 * 0.96)},
                                                   {"infinite", 0.28878809508660242},
                                                   {"reads", 6}};
  for (const auto& [name, value] : wanted) EXPECT_NEAR(inputs.at(name).real[0], value, 1e-15 * std::abs(value)) << name;
}

TEST(Interpret, AProductWhoseFactorsDoNotTendToOneIsNoNumber) {
  const auto product = [](double a, double q) {
    return Evaluate(Apply(TermKind::kQPochhammer, {Constant(a), Constant(q), StepNumber()}), 5, nullptr);
  };
  EXPECT_TRUE(std::isfinite(product(-1, kMaxQ)));
  for (const auto& [a, q] : {std::pair(1.5, 0.5), {0.5, 1.0}, {0.5, -0.5}, {double{NAN}, 0.5}})
    EXPECT_TRUE(std::isnan(product(a, q))) << a << " " << q;
}

}  // namespace
}  // namespace brine::ir
