// Tests that brine.h includes standard headers only, and that it compiles without any other.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "frontend/brine.h"  // first, so that it cannot depend on other headers
#include "gtest/gtest.h"

#ifndef BRINE_SOURCE_DIR
#define BRINE_SOURCE_DIR "."
#endif

namespace {

TEST(Header, IncludesLightStandardHeadersOnly) {
  const std::set<std::string> light = {"<cstdint>",     "<initializer_list>", "<optional>", "<string>",
                                       "<type_traits>", "<utility>",          "<vector>"};
  std::set<std::string> included;
  for (const auto& file : std::filesystem::directory_iterator(BRINE_SOURCE_DIR "/frontend/brine")) {
    std::ifstream header(file.path());
    ASSERT_TRUE(header.good());
    for (std::string line; std::getline(header, line);) {
      if (line.rfind("#include <", 0) == 0) included.insert(line.substr(9));
    }
  }
  EXPECT_EQ(included, light);
}

// A user may have either compiler.
class Compiler : public testing::TestWithParam<std::string> {};

TEST_P(Compiler, TakesEveryExample) {
  if (std::system(("command -v " + GetParam() + " >/dev/null").c_str()) != 0) GTEST_SKIP() << "no " << GetParam();
  int models = 0;
  for (const auto& example : std::filesystem::directory_iterator(BRINE_SOURCE_DIR "/examples")) {
    const std::filesystem::path model = example.path() / "model.cc";
    if (!std::filesystem::exists(model)) continue;
    ++models;
    const std::string command = GetParam() +
                                " -std=c++20 -Wall -Wextra -Werror -fsyntax-only -I'" BRINE_SOURCE_DIR "/frontend' '" +
                                model.string() + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
  EXPECT_GE(models, 6);
}

INSTANTIATE_TEST_SUITE_P(Header, Compiler, testing::Values("g++", "clang++"),
                         [](const auto& row) { return row.param == "g++" ? "Gcc" : "Clang"; });

// Tests that the forms compile in which arguments may be given.
TEST(Header, ArgumentsInEveryForm) {
  using namespace brine;
  const int filters = 2;
  const double rate = 0.1;
  const Tensor x = Input({8, 8, 2});
  Tensor y = Conv2D(
      {.filters = filters, .kernel_size = {3, filters}, .padding = "same", .kernel_initializer = Constant(0.5f)})(x);
  y = MaxPooling2D()(Add({x, y}));
  y = Softmax(Softmax()(Dropout(rate, {.name = "drop"})(y)));
  y = RandomTranslation({.height_factor = 0.1f, .width_factor = {-0.1, 0.2f}, .fill_value = 1})(x) + x;
  Model one("one", x, y);
  Model two("two", {x}, y);
  one.Compile({.optimizer = SGD({.learning_rate = rate, .nesterov = true}),
               .loss = CategoricalCrossentropy({.from_logits = true})});
  two.Compile(
      {.optimizer = "sgd", .loss = std::string("categorical_crossentropy"), .metrics = {"accuracy", "accuracy"}});
  EXPECT_FALSE(one.Mistakes().empty());
  EXPECT_FALSE(two.Mistakes().empty());
}

}  // namespace
