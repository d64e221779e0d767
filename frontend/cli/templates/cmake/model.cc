// Predicts from two numbers in which quarter of the unit square the point with these coordinates lies.
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("NAME_OF_MODEL", Input({2}));
  net.Add(Dense({.units = 32, .activation = "relu"}));
  net.Add(Dense({.units = 4, .activation = "softmax"}));
  net.Compile(
      {.optimizer = Adam({.learning_rate = 1e-2}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
