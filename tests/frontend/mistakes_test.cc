// Tests wrong models: the exact words of mistakes of a model as a whole, that all mistakes of a model are reported at
// once, and that no consequence of an earlier mistake is reported.  The files *_mistakes_test.cc have the other
// mistakes.
#include "tests/frontend/mistakes.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace brine {
namespace {

TEST(Mistakes, OfModels) {
  const Tensor x = Image();
  const Tensor other = Input({5});
  const Layer twin = Dense({.units = 3, .name = "twin"});
  ExpectMistakes(
      {
          {"model_name",
           Model("my net", other, twin(other)),
           {"model: its name must be 1 to 128 characters of A-Z a-z 0-9 _ and start with no digit, got \"my net\""}},
          {"layer_name",
           Chain(Input({4}), {Dense({.units = 2, .name = "a/b"})}),
           {"dense: its name must be 1 to 128 characters of A-Z a-z 0-9 _ -"}},
          {"reserved_name", Chain(Input({4}), {Flatten({.name = "label"})}), {"label: the name is reserved"}},
          {"no_layers", Chain(Input({4}), {}), {"model: it has no layers"}},
          {"unlisted_input",
           Model("net", other, Add({other, Input({5})})),
           {"input_layer_1: the output depends on this input, but the model does not list it"}},
          {"unused_input",
           Model("net", {x, other}, twin(other)),
           {"input_layer: is an input that the output does not depend on"}},
          {"input_twice",
           Model("net", {other, other}, twin(other)),
           {"input_layer: is given twice as an input of the model"}},
          {"no_input",
           Model("net", twin(other), Relu(twin(other))),
           {"twin: is given as an input of the model, but is no Input()",
            "input_layer: the output depends on this input, but the model does not list it"}},
      },
      "mistakes_test.cc");
}

// The host finds the scalars of optimizers by these names.
TEST(Mistakes, OfNamesOfArgumentsOfOptimizers) {
  for (const char* name : {"learning_rate", "momentum", "beta_1", "weight_decay", "clipnorm", "clipvalue",
                           "global_clipnorm", "ema_momentum"}) {
    ExpectMistakes(
        {{name, Chain(Input({4}), {Flatten({.name = name})}), {absl::StrCat(name, ": the name is reserved")}}},
        "mistakes_test.cc");
  }
}

TEST(Mistakes, HaveNoConsequences) {
  const Tensor x = Image();
  ExpectMistakes(
      {
          {"conv_then_window",
           Chain(x, {Conv2D({.filters = -1, .kernel_size = 3}), MaxPooling2D({.pool_size = {5, 1}})}),
           {"conv2d: filters must be positive, got -1",
            "max_pooling2d: pool_size 5 is larger than the input's height 4"}},
          {"window_guessed",
           Chain(x, {Conv2D({.filters = 2, .kernel_size = 9}), MaxPooling2D({.pool_size = 50}), Dense({.units = 0})}),
           {"conv2d: kernel_size 9 is larger than the input's height 6", "dense: units must be positive, got 0"}},
          {"rank_unknown",
           Chain(Input({8}), {Conv2D({.filters = 2, .kernel_size = 3}), MaxPooling2D(),
                              Dense({.units = -1, .activation = "x"}), Dropout(2)}),
           {"conv2d: takes images (n, height, width, channels), got (n, 8)", "dense: units must be positive, got -1",
            absl::StrCat("dense: unknown activation \"x\"; ", kActivations),
            "dropout: rate must be at least 0 and below 1, got 2"}},
          {"concatenate_guessed",
           Model("net", x, Concatenate({x, Conv2D({.filters = 0, .kernel_size = 1})(x)})),
           {"conv2d: filters must be positive, got 0"}},
          {"concatenate_behind_a_guess",
           Model("net", x, Dense({.units = -1})(Concatenate({x, Conv2D({.filters = 2, .kernel_size = 0})(x)}))),
           {"conv2d: kernel_size must be positive, got 0", "dense: units must be positive, got -1"}},
          {"add_guessed",
           Model("net", x, Add({x, Conv2D({.filters = 0, .kernel_size = 1})(x)})),
           {"conv2d: filters must be positive, got 0"}},
          {"groups_guessed",
           Chain(x, {Conv2D({.filters = 0, .kernel_size = 1}), Conv2D({.filters = 4, .kernel_size = 1, .groups = 2})}),
           {"conv2d: filters must be positive, got 0"}},
      },
      "mistakes_test.cc");
}

TEST(Mistakes, SizesThatOverflowAreMistakes) {
  const int64_t large = 2'000'000'000;
  const Model too_large[] = {
      Chain(Input({large, large, 3}), {Flatten()}),
      Chain(Input({1, 1, 1, 1, 1, 1, 1, 1, 1}), {Flatten()}),
      Chain(Input({4}), {Dense({.units = large}), Dense({.units = large})}),
      Chain(Image(), {Conv2D({.filters = large, .kernel_size = large, .padding = "same"})}),
  };
  for (const Model& model : too_large) {
    const std::vector<std::string> mistakes = model.Mistakes();
    EXPECT_EQ(mistakes.size(), 1u) << absl::StrJoin(mistakes, "\n");
  }
}

// clang-format must not change the lines, which the test compares.
// clang-format off
#line 1 "examples/wrong/model.cc"
Model Wrong() {
  Sequential net("wrong", Input({32, 32, 3}));
  net.Add(Conv2D({.filters = 32, .kernel_size = 3, .activation = "rellu"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Add(Dense({.units = 128, .name = "max_pooling2d_1"}));

  net.Add(Dense({.units = 10}));
  net.Add(Dense({.units = 0, .activation = "softmax"}));
  net.Add(Flatten({.name = "max_pooling2d_1"}));
  net.Compile({.optimizer = "adaam",
               .loss = "mean_square_error"});
  return net;
}
Model Functional() {
  Tensor x = Input({8});
  Tensor y = Dense({.units = 4})(x);
  Tensor sum = y
      + x;
  return Model("functional", x, sum);
}
#line 115 "mistakes_test.cc"
// clang-format on

TEST(Mistakes, AllAtOnceWithTheirLines) {
  EXPECT_EQ(absl::StrJoin(Wrong().Mistakes(), "\n"),
            "model.cc:9: max_pooling2d_1: the name is taken by the layer of model.cc:5\n"
            "model.cc:3: conv2d: unknown activation \"rellu\"; did you mean relu?\n"
            "model.cc:8: dense_1: units must be positive, got 0\n"
            "model.cc:10: compile: unknown loss \"mean_square_error\"; did you mean mean_squared_error?\n"
            "model.cc:10: compile: unknown optimizer \"adaam\"; did you mean adam?");
}

TEST(Mistakes, AnOperatorBringsItsLine) {
  EXPECT_EQ(absl::StrJoin(Functional().Mistakes(), "\n"),
            "model.cc:18: add: adds tensors whose extents are equal or 1, got (n, 4) and (n, 8)");
}

}  // namespace
}  // namespace brine
