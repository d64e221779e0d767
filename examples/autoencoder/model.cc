// examples/autoencoder/model.cc: a convolutional autoencoder, which learns to draw an image of 28×28 from 32 numbers
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  const Tensor images = Input({28, 28, 1});
  Tensor x = Rescaling(1.0f / 255)(images);
  x = Conv2D({.filters = 16, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"})(x);
  x = Conv2D({.filters = 32, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"})(x);
  const Tensor code = Dense({.units = 32, .name = "code"})(Flatten()(x));
  x = Dense({.units = 7 * 7 * 32, .activation = "relu"})(code);
  x = Reshape({7, 7, 32})(x);
  x = Conv2DTranspose({.filters = 16, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"})(x);
  x = Conv2DTranspose({.filters = 1, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "sigmoid"})(x);

  Model net("autoencoder", images, x);
  net.Compile(
      {.optimizer = Adam({.learning_rate = 1e-3f}), .loss = "mean_squared_error", .metrics = {"mean_absolute_error"}});
  return net;
}
BRINE_MODEL(BuildModel)
