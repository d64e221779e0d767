// tests/bench/models/cifar10_frozen.cc: the tutorial network, of which only the dense layers are trained
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("cifar10_frozen", Input({32, 32, 3}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Conv2D({.filters = 32, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Add(Conv2D({.filters = 64, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Freeze();
  net.Add(Flatten());
  net.Add(Dense({.units = 128, .activation = "relu"}));
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile(
      {.optimizer = Adam({.learning_rate = 1e-3f}), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
