// examples/in_memory/model.cc: which of four quarters of a unit square a point lies in, read from eight noisy
// measurements of it
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
