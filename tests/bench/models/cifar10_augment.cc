// tests/bench/models/cifar10_augment.cc: the tutorial network on images that are flipped and moved
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("cifar10_augment", Input({32, 32, 3}));
  net.Add(RandomFlip("horizontal"));
  net.Add(RandomTranslation(
      {.height_factor = 0.125f, .width_factor = 0.125f, .fill_mode = "reflect", .interpolation = "nearest"}));
  net.Add(Rescaling(1.0f / 255));
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
