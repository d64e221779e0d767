// tests/bench/models/mobilenet.cc: depthwise and 1×1 convolutions, as in MobileNet, on 32×32 images
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("mobilenet", Input({32, 32, 3}));
  const auto add_normalized = [&net](const Layer& convolution) {
    net.Add(convolution);
    net.Add(BatchNormalization());
    net.Add(Activation("relu"));
  };
  net.Add(Rescaling(1.0f / 255));
  add_normalized(Conv2D({.filters = 32, .kernel_size = 3, .padding = "same", .use_bias = false}));
  int channels = 32, stride = 1;
  for (int filters : {64, 128, 256}) {
    add_normalized(Conv2D({.filters = channels,
                           .kernel_size = 3,
                           .strides = stride,
                           .padding = "same",
                           .groups = channels,
                           .use_bias = false}));
    add_normalized(Conv2D({.filters = filters, .kernel_size = 1, .use_bias = false}));
    channels = filters;
    stride = 2;
  }
  net.Add(GlobalAveragePooling2D());
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile(
      {.optimizer = Adam({.learning_rate = 1e-3f}), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
