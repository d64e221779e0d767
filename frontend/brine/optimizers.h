// The optimizers of Compile().
#ifndef BRINE_FRONTEND_BRINE_OPTIMIZERS_H_
#define BRINE_FRONTEND_BRINE_OPTIMIZERS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "arguments.h"
#include "schedules.h"

namespace brine {

struct Optimizer {
  std::string name = "adam";
  Numbers arguments = {};  // an argument that is left out has its default
  std::optional<LearningRateSchedule> schedule = {};
  Numbers learning_rate_multipliers = {};
  std::vector<std::string> exclude_from_weight_decay = {};

  Optimizer() = default;
  Optimizer(const char* known_name) : name(known_name) {}  // "adam", "sgd" and so on: the functions below in lower case
  Optimizer(std::string known_name, Numbers given = {}) : name(std::move(known_name)), arguments(std::move(given)) {}
};

// What every optimizer takes besides its own arguments:
//   clipnorm, clipvalue,         at most one of them is given.  A parameter's gradient whose norm exceeds clipnorm is
//   global_clipnorm:             scaled to that norm; each element whose magnitude exceeds clipvalue, to that
//                                magnitude; all gradients together, if their norm exceeds global_clipnorm, to that norm
//   use_ema, ema_momentum:       evaluation and prediction read moving averages of the parameters: the parameter after
//                                the first step, then average = ema_momentum·average + (1 − ema_momentum)·parameter
//                                after each step
//   learning_rate_multipliers:   factors of the learning rate of layers, by their names: {{"conv2d", 0.1}}
//   exclude_from_weight_decay:   parameters whose name contains one of these parts do not decay: {"bias"}
// 0 stands for Keras's None.  Each struct of options also has weight_decay: parameter −= learning_rate·weight_decay·
// parameter in each step, besides what the optimizer does (Loshchilov and Hutter, "Decoupled weight decay", 2019).
#define BRINE_SHARED_OPTIMIZER_OPTIONS    \
  Real clipnorm = 0;                      \
  Real clipvalue = 0;                     \
  Real global_clipnorm = 0;               \
  bool use_ema = false;                   \
  Real ema_momentum = 0.99;               \
  Numbers learning_rate_multipliers = {}; \
  std::vector<std::string> exclude_from_weight_decay = {}

// Zeiler, "ADADELTA: an adaptive learning rate method" (2012).
struct AdadeltaOptions {
  LearningRate learning_rate = 0.001;
  Real rho = 0.95;
  Real epsilon = 1e-7;
  Real weight_decay = 0;
  BRINE_SHARED_OPTIMIZER_OPTIONS;
};
// Duchi, Hazan and Singer, "Adaptive subgradient methods" (2011).
struct AdagradOptions {
  LearningRate learning_rate = 0.001;
  Real initial_accumulator_value = 0.1;
  Real epsilon = 1e-7;
  Real weight_decay = 0;
  BRINE_SHARED_OPTIMIZER_OPTIONS;
};
// Kingma and Ba, "Adam: a method for stochastic optimization" (2015); with amsgrad, Reddi, Kale and Kumar, "On the
// convergence of Adam and beyond" (2018).
struct AdamOptions {
  LearningRate learning_rate = 0.001;
  Real beta_1 = 0.9;
  Real beta_2 = 0.999;
  Real epsilon = 1e-7;
  bool amsgrad = false;
  Real weight_decay = 0;
  BRINE_SHARED_OPTIMIZER_OPTIONS;
};
// The paper of Adam, section 7.1.
struct AdamaxOptions {
  LearningRate learning_rate = 0.001;
  Real beta_1 = 0.9;
  Real beta_2 = 0.999;
  Real epsilon = 1e-7;
  Real weight_decay = 0;
  BRINE_SHARED_OPTIMIZER_OPTIONS;
};
// Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).
struct AdamWOptions {
  LearningRate learning_rate = 0.001;
  Real weight_decay = 0.004;
  Real beta_1 = 0.9;
  Real beta_2 = 0.999;
  Real epsilon = 1e-7;
  bool amsgrad = false;
  BRINE_SHARED_OPTIMIZER_OPTIONS;
};
// Chen et al., "Symbolic discovery of optimization algorithms" (2023).
struct LionOptions {
  LearningRate learning_rate = 0.001;
  Real beta_1 = 0.9;
  Real beta_2 = 0.99;
  Real weight_decay = 0;
  BRINE_SHARED_OPTIMIZER_OPTIONS;
};
// Dozat, "Incorporating Nesterov momentum into Adam" (2016), with a momentum that rises to beta_1.
struct NadamOptions {
  LearningRate learning_rate = 0.001;
  Real beta_1 = 0.9;
  Real beta_2 = 0.999;
  Real epsilon = 1e-7;
  Real weight_decay = 0;
  BRINE_SHARED_OPTIMIZER_OPTIONS;
};
// Tieleman and Hinton, "Neural networks for machine learning", lecture 6e (2012); with centered, Graves, "Generating
// sequences with recurrent neural networks" (2013).
struct RMSpropOptions {
  LearningRate learning_rate = 0.001;
  Real rho = 0.9;
  Real momentum = 0;
  Real epsilon = 1e-7;
  bool centered = false;
  Real weight_decay = 0;
  BRINE_SHARED_OPTIMIZER_OPTIONS;
};
// Stochastic gradient descent, with momentum if it is not 0.
struct SGDOptions {
  LearningRate learning_rate = 0.01;
  Real momentum = 0;
  bool nesterov = false;
  Real weight_decay = 0;
  BRINE_SHARED_OPTIMIZER_OPTIONS;
};
#undef BRINE_SHARED_OPTIMIZER_OPTIONS

namespace internal {

// `own` are the arguments that this optimizer has besides the shared ones.  Arguments that change nothing are left out.
template <typename Options>
Optimizer MakeOptimizer(const char* name, const Options& options, Numbers own) {
  Optimizer optimizer(name, std::move(own));
  Numbers& numbers = optimizer.arguments;
  if (!options.learning_rate.schedule)
    numbers.insert(numbers.begin(), {"learning_rate", options.learning_rate.constant});
  optimizer.schedule = options.learning_rate.schedule;
  const Numbers shared = {{"weight_decay", options.weight_decay},
                          {"clipnorm", options.clipnorm},
                          {"clipvalue", options.clipvalue},
                          {"global_clipnorm", options.global_clipnorm},
                          {"use_ema", int(options.use_ema)}};
  const bool has_default_decay = optimizer.name == "adamw";  // which is not 0
  for (const NamedNumber& number : shared) {
    if (number.value.value() != 0 || (has_default_decay && number.name == "weight_decay")) numbers.push_back(number);
  }
  if (options.use_ema) numbers.push_back({"ema_momentum", options.ema_momentum});
  optimizer.learning_rate_multipliers = options.learning_rate_multipliers;
  optimizer.exclude_from_weight_decay = options.exclude_from_weight_decay;
  return optimizer;
}

template <typename Options>
Numbers AdamArguments(const Options& options) {
  return {{"beta_1", options.beta_1}, {"beta_2", options.beta_2}, {"epsilon", options.epsilon}};
}
template <typename Options>
Numbers WithAmsgrad(const Options& options) {
  Numbers numbers = AdamArguments(options);
  if (options.amsgrad) numbers.push_back({"amsgrad", 1});
  return numbers;
}

}  // namespace internal

inline Optimizer Adadelta(AdadeltaOptions options = {}) {
  return internal::MakeOptimizer("adadelta", options, {{"rho", options.rho}, {"epsilon", options.epsilon}});
}
inline Optimizer Adagrad(AdagradOptions options = {}) {
  return internal::MakeOptimizer(
      "adagrad", options,
      {{"initial_accumulator_value", options.initial_accumulator_value}, {"epsilon", options.epsilon}});
}
inline Optimizer Adam(AdamOptions options = {}) {
  return internal::MakeOptimizer("adam", options, internal::WithAmsgrad(options));
}
inline Optimizer Adamax(AdamaxOptions options = {}) {
  return internal::MakeOptimizer("adamax", options, internal::AdamArguments(options));
}
inline Optimizer AdamW(AdamWOptions options = {}) {
  return internal::MakeOptimizer("adamw", options, internal::WithAmsgrad(options));
}
inline Optimizer Lion(LionOptions options = {}) {
  return internal::MakeOptimizer("lion", options, {{"beta_1", options.beta_1}, {"beta_2", options.beta_2}});
}
inline Optimizer Nadam(NadamOptions options = {}) {
  return internal::MakeOptimizer("nadam", options, internal::AdamArguments(options));
}
inline Optimizer RMSprop(RMSpropOptions options = {}) {
  return internal::MakeOptimizer("rmsprop", options,
                                 {{"rho", options.rho},
                                  {"momentum", options.momentum},
                                  {"epsilon", options.epsilon},
                                  {"centered", int(options.centered)}});
}
inline Optimizer SGD(SGDOptions options = {}) {
  return internal::MakeOptimizer("sgd", options, {{"momentum", options.momentum}, {"nesterov", int(options.nesterov)}});
}

}  // namespace brine

#endif  // BRINE_FRONTEND_BRINE_OPTIMIZERS_H_
