// What the tests of the passes share: graphs from text, numbers for their inputs, and comparison of values by name.
#ifndef BRINE_TESTS_PASSES_PASS_TEST_UTIL_H_
#define BRINE_TESTS_PASSES_PASS_TEST_UTIL_H_

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

#include "ir/interpret.h"
#include "ir/text/text.h"
#include "ir/verify/verify.h"
#include "passes/derive.h"
#include "passes/pipeline.h"

namespace brine::passes {

using Tensors = ir::Tensors<double>;

inline ir::Graph GraphFrom(const std::string& text) {
  absl::StatusOr<std::vector<ir::Graph>> graphs = ir::Parse(text, "test");
  EXPECT_TRUE(graphs.ok()) << graphs.status() << "\n" << text;
  if (!graphs.ok() || graphs->empty()) return {};
  return graphs->front();
}

inline ir::Graph DeriveOrDie(const ir::Graph& model, ir::Function function, int64_t batch_size) {
  absl::StatusOr<ir::Graph> graph = Derive(model, function, batch_size);
  EXPECT_TRUE(graph.ok()) << graph.status();
  return graph.ok() ? *graph : ir::Graph();
}

inline bool RunOrDie(ir::Graph& graph, const PipelineOptions& options = {}) {
  const absl::StatusOr<bool> changed = RunPipeline(graph, options);
  EXPECT_TRUE(changed.ok()) << changed.status();
  return changed.ok() && *changed;
}

inline bool RunOne(ir::Graph& graph, const std::string& pass) {
  PipelineOptions options;
  options.only = {pass};
  return RunOrDie(graph, options);
}

// Random numbers for every input and state of the graph.  They depend on the names, so that two graphs of one model get
// the same numbers.  Labels are class numbers or one-hot rows.
inline Tensors GivenFor(const ir::Graph& graph, int64_t rows, uint32_t seed = 1) {
  Tensors given = ir::HostInputs<double>(graph, seed, /*step=*/3, rows);
  const auto draw = [&](const std::string& name, ir::Tensor<double>& tensor, double least, double most) {
    std::mt19937 random(seed + static_cast<uint32_t>(std::hash<std::string>()(name)));
    std::uniform_real_distribution<double> real(least, most);
    for (double& element : tensor.real) element = real(random);
    for (int64_t& element : tensor.integers) element = static_cast<int64_t>(random() % 256);
  };
  for (const ir::State& state : graph.states) {
    const ir::Value& value = graph.value(state.value);
    draw(value.name, given[value.name] = ir::MakeTensor<double>(value.type, rows),
         state.role == ir::Role::kSlot ? 0.01 : -1, 1);
  }
  for (const ir::Input& input : graph.inputs) {
    const ir::Value& value = graph.value(input.value);
    if (input.source != ir::Source::kData && input.source != ir::Source::kLabel) continue;
    ir::Tensor<double>& tensor = given[value.name] = ir::MakeTensor<double>(value.type, rows);
    draw(value.name, tensor, -1, 1);
    if (input.source == ir::Source::kData) continue;
    for (int64_t& element : tensor.integers) element %= 3;
    const int64_t classes = tensor.rank() > 1 ? tensor.dims.back() : 1;
    for (size_t i = 0; i < tensor.real.size(); ++i)
      tensor.real[i] = static_cast<int64_t>(i) % classes == static_cast<int64_t>(i) / classes % classes;
  }
  return given;
}

inline Tensors InterpretOrDie(const ir::Graph& graph, const Tensors& given, int64_t rows) {
  absl::StatusOr<Tensors> results = ir::Interpret(graph, given, rows);
  EXPECT_TRUE(results.ok()) << results.status() << "\n" << ir::Print(graph);
  return results.ok() ? *results : Tensors();
}

// The outputs and the new contents of states, by name.
inline Tensors Observed(const ir::Graph& graph, int64_t rows, uint32_t seed = 1) {
  const Tensors given = GivenFor(graph, rows, seed), results = InterpretOrDie(graph, given, rows);
  const auto find = [&](ir::ValueId value) {
    const std::string& name = graph.value(value).name;
    const auto it = results.find(name);
    return it != results.end() ? it->second : given.at(name);
  };
  Tensors observed;
  for (const ir::Output& output : graph.outputs) observed["output " + output.name] = find(output.value);
  for (const ir::Update& update : graph.updates)
    observed["state " + graph.value(update.state).name] = find(update.value);
  return observed;
}

// `tolerance` is relative to the largest magnitude in the tensor, or to 1 if that is greater.
inline void ExpectSame(const Tensors& expected, const Tensors& actual, double tolerance, const std::string& what) {
  for (const auto& [name, tensor] : expected) {
    const auto it = actual.find(name);
    if (it == actual.end()) {
      ADD_FAILURE() << what << ": " << name << " is gone";
      continue;
    }
    ASSERT_EQ(tensor.dims, it->second.dims) << what << ": " << name;
    EXPECT_EQ(tensor.integers, it->second.integers) << what << ": " << name;
    double scale = 1, worst = 0;
    for (double element : tensor.real) scale = std::max(scale, std::abs(element));
    for (size_t i = 0; i < tensor.real.size(); ++i) {
      const double difference = std::abs(tensor.real[i] - it->second.real[i]);
      worst = std::isfinite(difference) ? std::max(worst, difference) : INFINITY;
    }
    EXPECT_LE(worst / scale, tolerance) << what << ": " << name;
  }
}

}  // namespace brine::passes

#endif  // BRINE_TESTS_PASSES_PASS_TEST_UTIL_H_
