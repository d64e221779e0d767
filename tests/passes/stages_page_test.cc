// Tests that ir/stages.md, which follows one convolution through all stages, shows what is printed.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "ir/text/text.h"
#include "passes/derive.h"
#include "passes/pipeline.h"

namespace brine::passes {
namespace {

ir::Graph ModelOfThePage() {
  Sequential net("walk", Input({8, 8, 16}));
  net.Add(Conv2D({.filters = 16, .kernel_size = 3, .activation = "relu"}));
  net.Add(Flatten());
  net.Add(Dense({.units = 4}));
  net.Compile({.optimizer = SGD({.learning_rate = 0.1f}), .loss = CategoricalCrossentropy({.from_logits = true})});
  auto graph = BuildGraph(net);
  EXPECT_TRUE(graph.ok()) << graph.status();
  return *graph;
}

// The lines of the graph's text, without places.
std::set<std::string> Lines(const ir::Graph& graph) {
  const std::string text = std::regex_replace(ir::Print(graph), std::regex(" loc\\(.*"), "");
  return absl::StrSplit(text, '\n');
}

TEST(StagesPage, ShowsLinesThatArePrinted) {
  const ir::Graph model = ModelOfThePage();
  std::map<std::string, std::set<std::string>> lines = {{"graph", Lines(model)}};
  for (const auto& [name, stage] :
       {std::pair{"train", ir::Stage::kTrain}, {"fused", ir::Stage::kFused}, {"planned", ir::Stage::kPlanned}}) {
    auto graph = Derive(model, ir::Function::kTrain, 32);
    ASSERT_TRUE(graph.ok()) << graph.status();
    PipelineOptions options;
    options.until = stage;
    ASSERT_TRUE(RunPipeline(*graph, options).ok());
    lines[name] = Lines(*graph);
  }

  std::ifstream page(BRINE_SOURCE_DIR "/ir/stages.md");
  ASSERT_TRUE(page.good());
  std::string stage;
  int shown = 0;
  for (std::string line; std::getline(page, line);) {
    if (absl::StartsWith(line, "## ")) stage = line.substr(3, line.find(':') - 3);
    if (!absl::StartsWith(line, "  ") || lines.count(stage) == 0) continue;
    EXPECT_EQ(lines[stage].count(line), 1u) << stage << ": " << line;
    ++shown;
  }
  EXPECT_GT(shown, 20);
}

}  // namespace
}  // namespace brine::passes
