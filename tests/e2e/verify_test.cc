// Tests brine verify on models that are small enough to be checked in seconds.
#include "tests/e2e/command.h"

namespace brine {
namespace {

// Writes a model file whose body is `layers`, which define the tensor y, and returns its path.
std::string ModelFile(const std::string& name, const std::string& layers, const std::string& inputs = "x",
                      bool compiled = true) {
  const std::string path = testing::TempDir() + "/" + name + std::to_string(getpid()) + ".cc";
  std::ofstream(path)
      << "#include <brine.h>\n"
         "brine::Model BuildModel() {\n"
         "  using namespace brine;\n"
      << layers << "  Model net(\"" << name << "\", {" << inputs
      << "}, Dense({.units = 3, .activation = \"softmax\"})(y));\n"
      << (compiled ? "  net.Compile({.loss = \"sparse_categorical_crossentropy\", .metrics = {\"accuracy\"}});\n" : "")
      << "  return net;\n"
         "}\n"
         "BRINE_MODEL(BuildModel)\n";
  return path;
}

const char kImage[] =
    "  Tensor x = Input({8, 7, 2}, {.dtype = \"uint8\"});\n"
    "  Tensor y = Rescaling(1.0f / 255)(x);\n"
    "  y = MaxPooling2D()(Conv2D({.filters = 3, .kernel_size = 3, .activation = \"relu\"})(y));\n"
    "  y = Dropout(0.25f)(Flatten()(y));\n";

// The verdicts of all checks: "gradients ok, kernels ok, …".
std::string Verdicts(const std::string& out) {
  std::istringstream lines(out);
  std::string line, verdicts;
  while (std::getline(lines, line)) {
    std::string check, verdict;
    std::istringstream(line) >> check >> verdict;
    verdicts += (verdicts.empty() ? "" : ", ") + check + " " + verdict;
  }
  return verdicts;
}

TEST(Verify, EveryCheckHoldsForAModelOfImages) {
  const CommandResult result = RunCommand("brine verify --batch-size 5 " + ModelFile("image", kImage));
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  EXPECT_EQ(Verdicts(result.out), "gradients ok, kernels ok, memory ok, threads ok, resume ok") << result.out;
  EXPECT_EQ(result.err, "");
}

TEST(Verify, EveryCheckHoldsForAModelWithTwoInputs) {
  const std::string path = ModelFile(
      "two", "  Tensor x = Input({5}), z = Input({5});\n  Tensor y = x + Relu(Dense({.units = 5})(z));\n", "x, z");
  const CommandResult result = RunCommand("brine verify --batch-size 5 " + path);
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  EXPECT_EQ(Verdicts(result.out), "gradients ok, kernels ok, memory ok, threads ok, resume ok") << result.out;
}

// Without temporary files, kernels cannot be linked.
TEST(Verify, AFailedCheckIsToldAndTheOthersStillRun) {
  const std::string path = ModelFile("failing", kImage);
  const CommandResult result = RunCommand("brine inspect " + path + " >" + path +
                                          ".ir && TMPDIR=/nonexistent brine verify --batch-size 5 " + path + ".ir");
  EXPECT_EQ(result.code, 1) << result.out << result.err;
  EXPECT_EQ(Verdicts(result.out), "gradients ok, kernels FAILED, memory FAILED, threads FAILED, resume FAILED")
      << result.out;
}

TEST(Verify, WantsATrainingStep) {
  const std::string path = ModelFile("bare", kImage, "x", /*compiled=*/false);
  const CommandResult result = RunCommand("brine verify " + path);
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, path + ": has no loss (Compile() was not called), so there is no training step to verify\n");
}

}  // namespace
}  // namespace brine
