// tests/bench/models/stride2_cnn.cc: convolutions of stride 2 instead of pools
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("stride2_cnn", Input({32, 32, 3}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Conv2D({.filters = 32, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"}));
  net.Add(Conv2D({.filters = 64, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"}));
  net.Add(Conv2D({.filters = 128, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"}));
  net.Add(Flatten());
  net.Add(Dense({.units = 128, .activation = "relu"}));
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile(
      {.optimizer = Adam({.learning_rate = 1e-3f}), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
