// Tests the fields of brine bench --json, which other programs read.
#include <gmock/gmock.h>

#include "tests/e2e/json.h"
#include "tests/e2e/project.h"

namespace brine {
namespace {

TEST(Bench, JsonHoldsStepMemoryAndKernels) {
  const Project project;
  const std::vector<Json> lines =
      ParseJsonLines(project.Run("brine bench digits.cc --data data --steps 5 --threads 1 --batch-size 16 --json"));
  ASSERT_EQ(lines.size(), 1u);
  const Json& bench = lines[0];
  EXPECT_EQ(Field(bench, "model").string_value(), "digits");
  EXPECT_EQ(Number(bench, "batch_size"), 16);
  EXPECT_EQ(Field(bench, "data").string_value(), "files");
  EXPECT_EQ(Number(bench, "threads"), 1);
  const double least = Number(Field(bench, "train_step_ms"), "min"),
               median = Number(Field(bench, "train_step_ms"), "median");
  EXPECT_GT(least, 0);
  EXPECT_GE(median, least);
  EXPECT_GE(Number(bench, "arena_bytes"), Number(bench, "arena_bound_bytes"));
  EXPECT_LE(Number(bench, "arena_bytes"), 1.25 * Number(bench, "arena_bound_bytes"));
  double flops = 0;
  std::string layers;
  for (const Json& kernel : Field(bench, "kernels").list_value().values()) {
    EXPECT_FALSE(Field(kernel, "name").string_value().empty());
    EXPECT_GT(Number(kernel, "ms"), 0);
    const double of_peak = Number(kernel, "flops") / Number(bench, "peak_gflops") / 1e6 / Number(kernel, "ms");
    const double of_memory = Number(kernel, "bytes") / Number(bench, "memory_gb_per_s") / 1e6 / Number(kernel, "ms");
    EXPECT_NEAR(Number(kernel, "peak_share") / of_peak, 1, 1e-6);
    EXPECT_NEAR(Number(kernel, "bound_share") / std::max(of_peak, of_memory), 1, 1e-6);
    EXPECT_EQ(Field(kernel, "bound").string_value(), of_peak >= of_memory ? "multiply-adds" : "memory");
    flops += Number(kernel, "flops");
    layers += Field(kernel, "layers").string_value() + ", ";
  }
  // The forward pass has a multiplication and an addition for each weight and pixel.  The backward pass has twice as
  // many, except for the gradient of the input, which is not computed.
  EXPECT_GT(flops, 16 * 2 * (2 * 9 * 8 * 100 + 3 * 200 * 10));
  for (const char* layer : {"rescaling", "conv2d", "max_pooling2d", "dropout", "dense"})
    EXPECT_NE(layers.find(layer), std::string::npos) << layer;
}

// A model that takes neither the built-in images nor those of known files can be timed as well.
TEST(Bench, TakesNoiseWhereTheImagesDoNotFit) {
  const Project project;
  const auto write = [&](const std::string& input, const std::string& layer) {
    project.Write(
        "model.cc",
        "#include <brine.h>\n\nbrine::Model BuildModel() {\n  using namespace brine;\n  Sequential net(\"odd\", "
        "Input(" +
            input + "));\n" + layer +
            "  net.Add(Dense({.units = 3, .activation = \"softmax\"}));\n  net.Compile({.optimizer = \"adam\", .loss = "
            "\"categorical_crossentropy\"});\n  return net;\n}\nBRINE_MODEL(BuildModel)\n");
  };
  write("{20}", "");  // floats whose number is no square
  EXPECT_THAT(project.Run("brine bench model.cc --steps 2"), testing::HasSubstr("\ndata: noise\n"));
  write("{5, 70, 2}",
        "  net.Add(Rescaling(1.0f / 255));\n  net.Add(Flatten());\n");  // images of bytes that are too low
  const Json bench = ParseJsonLines(project.Run("brine bench model.cc --steps 2 --json")).at(0);
  EXPECT_EQ(Field(bench, "data").string_value(), "noise");
  EXPECT_GT(Number(Field(bench, "train_step_ms"), "min"), 0);
  const CommandResult train = project.Try("brine train model.cc");
  EXPECT_EQ(train.code, 3);
  EXPECT_EQ(train.err,
            "error: the built-in images are of 8x8 to 4096x4096 and 1 to 64 channels, the model takes 5x70x2; use "
            "--data\n");
  // Images whose labels are images, too.
  project.Write(
      "image.cc",
      "#include <brine.h>\nbrine::Model BuildModel() {\n  using namespace brine;\n  Sequential net(\"image\", "
      "Input({8, 8, 3}));\n  net.Add(Conv2D({.filters = 3, .kernel_size = 1}));\n  net.Compile({.optimizer = "
      "\"sgd\", .loss = \"mean_squared_error\"});\n  return net;\n}\nBRINE_MODEL(BuildModel)\n");
  EXPECT_THAT(project.Run("brine bench image.cc --steps 2"), testing::HasSubstr("\ndata: noise\n"));
}

}  // namespace
}  // namespace brine
