// examples/cifar10_cnn_64/model.cc: the tutorial network for images of 64×64, to which CIFAR-10's are enlarged
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("cifar10_cnn_64", Input({64, 64, 3}));
  net.Add(Rescaling(1.0f / 255));  // the data set stays uint8; the scale is part of the graph
  net.Add(Conv2D({.filters = 32, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Add(Conv2D({.filters = 64, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Add(Flatten());
  net.Add(Dense({.units = 128, .activation = "relu"}));
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile(
      {.optimizer = Adam({.learning_rate = 1e-3f}), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
