// The optimizers of Compile().
#ifndef BRINE_FRONTEND_BRINE_OPTIMIZERS_H_
#define BRINE_FRONTEND_BRINE_OPTIMIZERS_H_

#include <string>
#include <utility>

#include "arguments.h"

namespace brine {

// Kingma and Ba, "Adam: a method for stochastic optimization" (2015).
struct AdamOptions {
  Real learning_rate = 0.001;
  Real beta_1 = 0.9;
  Real beta_2 = 0.999;
  Real epsilon = 1e-7;
};
// Stochastic gradient descent, with momentum if it is not 0.
struct SGDOptions {
  Real learning_rate = 0.01;
  Real momentum = 0;
  bool nesterov = false;
};
struct Optimizer {
  std::string name = "adam";
  Numbers arguments = {};  // an argument that is left out has its default

  Optimizer() = default;
  Optimizer(const char* known_name) : name(known_name) {}  // "adam", "sgd"
  Optimizer(std::string known_name, Numbers given = {}) : name(std::move(known_name)), arguments(std::move(given)) {}
};
inline Optimizer Adam(AdamOptions options = {}) {
  return {"adam",
          {{"learning_rate", options.learning_rate},
           {"beta_1", options.beta_1},
           {"beta_2", options.beta_2},
           {"epsilon", options.epsilon}}};
}
inline Optimizer SGD(SGDOptions options = {}) {
  return {
      "sgd",
      {{"learning_rate", options.learning_rate}, {"momentum", options.momentum}, {"nesterov", int(options.nesterov)}}};
}

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_OPTIMIZERS_H_
