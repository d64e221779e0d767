// Tests models that are saved to files and loaded.
#include <fstream>

#include "absl/strings/match.h"
#include "tests/frontend/graph_of_model.h"

namespace brine {
namespace {

// A model that ends in logits.
Model Logits() {
  const Tensor x = Input({4, 4, 2}, {.name = "image"}), mask = Input({4, 4, 2});
  Model model("logits", {x, mask}, Dense({.units = 3})(GlobalAveragePooling2D()(x + Relu(mask))));
  model.Compile({.optimizer = SGD(), .loss = CategoricalCrossentropy({.from_logits = true})});
  return model;
}

TEST(Files, GraphsSavedAndLoadedAreTheSame) {
  const std::string text = ir::Print(GraphOf(Logits()));
  for (const char* name : {"model.pb", "model.pbtxt", "model.ir"}) {
    const std::string path = testing::TempDir() + "/frontend_" + name;
    std::string error;
    ASSERT_TRUE(SaveGraph(Logits(), path, &error)) << error;
    EXPECT_EQ(ir::Print(GraphOf(Model::FromGraph(LoadGraph(path)))), text);
  }
}

TEST(Files, ALoadedGraphCanBeCompiledAnew) {
  const std::string path = testing::TempDir() + "/frontend_anew.pb";
  ASSERT_TRUE(SaveGraph(Logits(), path));
  Model model = Model::FromGraph(LoadGraph(path));
  model.Compile({.optimizer = "adam", .loss = "categorical_crossentropy"});
  ASSERT_EQ(model.Mistakes().size(), 1u);  // the graph ends in logits, which the loss does not take
  model.Compile({.optimizer = "adam", .loss = CategoricalCrossentropy({.from_logits = true})});
  EXPECT_EQ(GraphOf(model).training.optimizer, "adam");
}

// The frontend need not have written the file: there may be no locations, and the output may be any value.
TEST(Files, ALoadedGraphThatNoLossFits) {
  const std::string path = testing::TempDir() + "/frontend_scalar.ir";
  std::ofstream(path) << "graph \"scalar\" stage=graph function=model {\n"
                         "  state %p : f32[] parameter constant(0.0)\n"
                         "  %y = relu(%p) : f32[]\n"
                         "  output \"output\" = %y\n"
                         "}\n";
  Model model = Model::FromGraph(LoadGraph(path));
  EXPECT_EQ(model.Mistakes().size(), 0u);
  model.Compile({.loss = CategoricalCrossentropy({.from_logits = true})});
  ASSERT_EQ(model.Mistakes().size(), 1u);
  EXPECT_TRUE(absl::StrContains(model.Mistakes()[0], ": output: output is (), but the loss needs (n, …, classes)"))
      << model.Mistakes()[0];
}

TEST(Files, AModelOfAGraphCannotBeFrozen) {
  const std::string path = testing::TempDir() + "logits.pb";
  ASSERT_TRUE(SaveGraph(Logits(), path));
  for (const bool by_name : {false, true}) {
    Model model = Model::FromGraph(LoadGraph(path));
    by_name ? model.Freeze("dense") : model.Freeze();
    ASSERT_EQ(model.Mistakes().size(), 1u);
    EXPECT_TRUE(absl::StrContains(model.Mistakes()[0], ": freeze: a model that was made from a graph cannot be frozen"))
        << model.Mistakes()[0];
  }
}

TEST(Files, AFileThatCannotBeReadIsAMistake) {
  const Graph graph = LoadGraph("/nonexistent/model.pb");
  EXPECT_FALSE(graph.ok());
  const std::vector<std::string> mistakes = Model::FromGraph(graph).Mistakes();
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_TRUE(absl::StrContains(mistakes[0], "files_test.cc:")) << mistakes[0];
  EXPECT_TRUE(absl::StrContains(mistakes[0], "/nonexistent/model.pb")) << mistakes[0];
  std::string error;
  EXPECT_FALSE(SaveGraph(Logits(), "/nonexistent/model.pb", &error));
  EXPECT_NE(error, "");
}

}  // namespace
}  // namespace brine
