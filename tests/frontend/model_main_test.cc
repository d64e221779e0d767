// Tests the main function that BRINE_MODEL defines.
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "gtest/gtest.h"
#include "ir/text/text.h"

namespace brine {
namespace {

Model Right() {
  Sequential net("right", Input({4}));
  net.Add(Dense({.units = 2}));
  return net;
}
Model Wrong() {
  Sequential net("wrong", Input({4}));
  net.Add(Dense({.units = -2}));
  net.Add(Dropout(3));
  return net;
}
Model Throwing() { throw std::runtime_error("no such width"); }

struct Result {
  int code;
  std::string out, err;
};
Result RunModel(Model (*build)(), std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "model");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = internal::ModelMain(static_cast<int>(argv.size()), argv.data(), build);
  const std::string out = testing::internal::GetCapturedStdout();
  return {code, out, testing::internal::GetCapturedStderr()};
}

TEST(ModelMain, EmitsTheGraphAsText) {
  const std::string text = ir::Print(BuildGraph(Right()).value());
  const Result result = RunModel(Right, {"--emit", "-"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, text);
  EXPECT_EQ(result.err, "");

  const std::string path = testing::TempDir() + "/model_main.ir";
  EXPECT_EQ(RunModel(Right, {"--emit", path}).code, 0);
  std::stringstream written;
  written << std::ifstream(path).rdbuf();
  EXPECT_EQ(written.str(), text);
}

TEST(ModelMain, PrintsTheSummaryWithoutArguments) {
  const Result result = RunModel(Right, {});
  EXPECT_EQ(result.code, 0);
  EXPECT_NE(result.out.find("dense (Dense)"), std::string::npos) << result.out;
}

TEST(ModelMain, ReportsAllMistakes) {
  const Result result = RunModel(Wrong, {"--emit", "-"});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "model_main_test.cc:21: dense: units must be positive, got -2\n"
            "model_main_test.cc:22: dropout: rate must be at least 0 and below 1, got 3\n");
}

TEST(ModelMain, OtherFailuresHaveTheirCodes) {
  EXPECT_EQ(RunModel(Right, {"--emit"}).code, 2);
  EXPECT_EQ(RunModel(Right, {"--emit", "/nonexistent/x.ir"}).code, 1);
  const Result result = RunModel(Throwing, {});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.err, "the model could not be built: no such width\n");
}

}  // namespace
}  // namespace brine
