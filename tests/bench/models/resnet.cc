// tests/bench/models/resnet.cc: residual blocks with batch normalization, as in ResNet, on 32×32 images
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  const auto normalized = [](const Tensor& x, int filters, int size, int stride) {
    return BatchNormalization()(
        Conv2D({.filters = filters, .kernel_size = size, .strides = stride, .padding = "same", .use_bias = false})(x));
  };
  const auto relu = [](const Tensor& x) { return Activation("relu")(x); };
  const Tensor image = Input({32, 32, 3});
  Tensor x = relu(normalized(Rescaling(1.0f / 255)(image), 16, 3, 1));
  int stride = 1;
  for (int filters : {16, 32, 64}) {
    const Tensor shortcut = stride == 1 ? x : normalized(x, filters, 1, stride);
    x = relu(normalized(relu(normalized(x, filters, 3, stride)), filters, 3, 1) + shortcut);
    stride = 2;
  }
  x = Dense({.units = 10, .activation = "softmax"})(GlobalAveragePooling2D()(x));
  Model net("resnet", image, x);
  net.Compile(
      {.optimizer = Adam({.learning_rate = 1e-3f}), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
