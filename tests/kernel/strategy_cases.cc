#include "tests/kernel/strategy_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ir/text/text.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

// The kernel once more, with results of its own that name the strategy.
void AddCopy(ir::Graph& graph, ir::Node kernel, const std::string& strategy) {
  std::vector<ir::ValueId> made;
  for (const ir::Node& node : kernel.body) made.insert(made.end(), node.outputs.begin(), node.outputs.end());
  for (ir::ValueId original : made) {
    const ir::ValueId copy =
        graph.AddValue(absl::StrCat(graph.value(original).name, ".", strategy), graph.type(original));
    std::replace(kernel.outputs.begin(), kernel.outputs.end(), original, copy);
    for (ir::Node& node : kernel.body) {
      for (std::vector<ir::ValueId>* values : {&node.inputs, &node.outputs}) {
        std::replace(values->begin(), values->end(), original, copy);
      }
    }
  }
  graph.nodes.push_back(std::move(kernel));
}

}  // namespace

std::vector<Row> AllRows() {
  std::vector<Row> all;
  for (absl::Span<const Row> rows :
       {kForwardRows, kInputGradRows, kWeightGradRows, kDenseGradRows, kEpilogueRows, kSideReductionRows})
    all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

ir::Graph MakeRows(int64_t batch_size) {
  std::string inputs, kernels;
  for (const Row& row : AllRows()) {
    std::string text = row.text;
    for (size_t percent = text.find('%'); percent != std::string::npos; percent = text.find('%', percent + 1)) {
      text.insert(percent + 1, absl::StrCat(row.name, "."));
    }
    const size_t kernel = text.rfind('\n', text.find("kernel("));
    inputs += text.substr(0, kernel);
    kernels += text.substr(kernel);
  }
  auto graphs = ir::Parse(
      absl::StrCat("graph \"cases\" stage=fused function=train batch=", batch_size, " {", inputs, kernels, "\n}\n"),
      "cases");
  EXPECT_TRUE(graphs.ok()) << graphs.status();
  return graphs->front();
}

ir::Graph MakeCases(int64_t batch_size, const std::string& target) {
  ir::Graph graph = MakeRows(batch_size);
  BuildOptions options = TestOptions();
  options.target = target;
  const auto facts = ConsiderStrategies(graph, options);
  EXPECT_TRUE(facts.ok()) << facts.status();
  const std::vector<ir::Node> kernels = std::move(graph.nodes);
  graph.nodes.clear();
  for (size_t index = 0; index < kernels.size(); ++index) {
    for (const CandidateFact& candidate : (*facts)[index].candidates) {
      if (candidate.reason.empty()) AddCopy(graph, kernels[index], candidate.strategy);
    }
  }
  return graph;
}

Row RowOf(absl::string_view value) {
  const absl::string_view name = value.substr(0, value.find('.'));
  const std::vector<Row> rows = AllRows();
  return *std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return name == row.name; });
}

std::string StrategyOf(absl::string_view result) { return std::string(result.substr(result.rfind('.') + 1)); }
std::string RowResultOf(absl::string_view result) { return std::string(result.substr(0, result.rfind('.'))); }

absl::string_view OperandOf(absl::string_view value) { return value.substr(value.find('.') + 1); }

ir::Tensors<float> Draw(const ir::Graph& graph, uint32_t seed, int64_t rows, Numbers numbers, double nonzero) {
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
      if (gradient && uniform(random) >= nonzero) element = 0;
    }
    for (int64_t& element : tensor.integers) element = random() % RowOf(name).cells;
    given[name] = tensor;
  }
  return given;
}

}  // namespace brine::codegen
