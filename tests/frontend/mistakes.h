// Shared by the tests of wrong models: short ways to make one, and the comparison with the words of its mistakes.
#ifndef BRINE_TESTS_FRONTEND_MISTAKES_H_
#define BRINE_TESTS_FRONTEND_MISTAKES_H_

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "frontend/brine.h"

namespace brine {

inline constexpr const char* kSoftmaxLoss = "categorical_crossentropy";
inline constexpr int64_t kHuge = int64_t{1} << 40;
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr const char* kActivations =
    "known are linear, relu, relu6, leaky_relu, elu, selu, exponential, sigmoid, hard_sigmoid, tanh, softplus, "
    "softsign, "
    "silu, swish, hard_silu, hard_swish, gelu, gelu_tanh, mish, softmax, log_softmax";

Model Chain(const Tensor& input, std::initializer_list<Layer> layers, Line line = Line::current());
Model Compiled(Model model, CompileOptions options, Line line = Line::current());
inline Tensor Image(Line line = Line::current()) { return Input({6, 6, 4}, {}, line); }

struct WrongModel {
  const char* name;
  Model model;
  std::vector<std::string> mistakes;  // without the locations at their beginnings
};

// Fails unless each model has exactly these mistakes, all of them in lines of the file.
void ExpectMistakes(const std::vector<WrongModel>& rows, const std::string& file);

}  // namespace brine

#endif  // BRINE_TESTS_FRONTEND_MISTAKES_H_
