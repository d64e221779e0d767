// examples/in_memory/model.cc: predicts in which quarter of the unit square a point is, from eight noisy measurements
// of its coordinates
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("quarters", Input({8}));
  net.Add(Dense({.units = 32, .activation = "relu"}));
  net.Add(Dense({.units = 4, .activation = "softmax"}));
  net.Compile(
      {.optimizer = Adam({.learning_rate = 1e-2}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
