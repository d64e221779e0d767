// tests/bench/models/vgg_like.cc: pairs of padded convolutions, as in VGG, on 32×32 images
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("vgg_like", Input({32, 32, 3}));
  net.Add(Rescaling(1.0f / 255));
  for (int filters : {64, 128, 256}) {
    net.Add(Conv2D({.filters = filters, .kernel_size = 3, .padding = "same", .activation = "relu"}));
    net.Add(Conv2D({.filters = filters, .kernel_size = 3, .padding = "same", .activation = "relu"}));
    net.Add(MaxPooling2D({.pool_size = 2}));
  }
  net.Add(Flatten());
  net.Add(Dense({.units = 256, .activation = "relu"}));
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile(
      {.optimizer = Adam({.learning_rate = 1e-3f}), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
