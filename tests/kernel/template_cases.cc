#include "tests/kernel/template_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ir/text.h"

namespace brine::codegen {
namespace {

// The kernel once more, by generic, with results of its own.
void AddGeneric(ir::Graph& graph, ir::Node kernel) {
  kernel.region = "generic";
  std::vector<ir::ValueId> made;
  for (const ir::Node& node : kernel.body) made.insert(made.end(), node.outputs.begin(), node.outputs.end());
  for (ir::ValueId original : made) {
    const ir::ValueId copy = graph.AddValue(absl::StrCat(graph.value(original).name, ".generic"), graph.type(original));
    std::replace(kernel.outputs.begin(), kernel.outputs.end(), original, copy);
    for (ir::Node& node : kernel.body) {
      for (std::vector<ir::ValueId>* values : {&node.inputs, &node.outputs})
        std::replace(values->begin(), values->end(), original, copy);
    }
  }
  graph.nodes.push_back(std::move(kernel));
}

}  // namespace

ir::Graph MakeCases(int64_t batch_size, bool generic) {
  std::string inputs, kernels;
  for (absl::Span<const Row> rows : {kForwardRows, kGradientRows}) {
    for (const Row& row : rows) {
      std::string text = row.text;
      for (size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + 1))
        text.insert(at + 1, absl::StrCat(row.name, "."));
      const size_t kernel = text.rfind('\n', text.find("kernel("));
      inputs += text.substr(0, kernel);
      kernels += text.substr(kernel);
    }
  }
  auto graphs = ir::Parse(
      absl::StrCat("graph \"cases\" stage=fused function=train batch=", batch_size, " {", inputs, kernels, "\n}\n"),
      "cases");
  EXPECT_TRUE(graphs.ok()) << graphs.status();
  ir::Graph graph = graphs->front();
  if (!generic) return graph;
  const std::vector<ir::Node> nodes = graph.nodes;
  for (const ir::Node& node : nodes) AddGeneric(graph, node);
  return graph;
}

const Row& RowOf(absl::string_view value) {
  const absl::string_view name = value.substr(0, value.find('.'));
  for (const Row& row : kForwardRows) {
    if (name == row.name) return row;
  }
  return *std::find_if(kGradientRows.begin(), kGradientRows.end(), [&](const Row& row) { return name == row.name; });
}

absl::string_view OperandOf(absl::string_view value) { return value.substr(value.find('.') + 1); }

ir::Tensors<float> Draw(const ir::Graph& graph, uint32_t seed, int64_t rows, Numbers numbers, double live) {
  ir::Tensors<float> given;
  for (const ir::Input& input : graph.inputs) {
    const std::string& name = graph.value(input.value).name;
    const std::string key = absl::StrCat(name, seed);
    std::seed_seq own(key.begin(), key.end());
    std::mt19937 random(own);
    std::normal_distribution<float> normal;
    std::uniform_real_distribution<double> uniform;
    ir::Tensor<float> tensor = ir::MakeTensor<float>(graph.type(input.value), rows);
    const bool gradient = OperandOf(name) == "d";
    for (float& element : tensor.real) {
      element = numbers == Numbers::kReal ? normal(random) : static_cast<float>(static_cast<int>(random() % 5) - 2);
      if (gradient && uniform(random) >= live) element = 0;
    }
    for (int64_t& element : tensor.whole) element = random() % RowOf(name).cells;
    given[name] = tensor;
  }
  return given;
}

}  // namespace brine::codegen
