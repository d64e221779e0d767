// examples/unet/model.cc: Ronneberger et al., "U-Net: convolutional networks for biomedical image segmentation" (2015),
// in small: says of each pixel of an image whether it belongs to a disc, to a square, or to neither
#include <brine.h>

namespace {

using namespace brine;

Tensor TwoConvolutions(Tensor x, int filters) {
  for (int repeat = 0; repeat < 2; ++repeat) {
    x = Conv2D({.filters = filters, .kernel_size = 3, .padding = "same", .use_bias = false})(x);
    x = Relu(BatchNormalization({.momentum = 0.9f})(x));  // the training has few steps
  }
  return x;
}

Model BuildModel() {
  const Tensor images = Input({64, 64, 1}, {.dtype = "float32"});
  const Tensor fine = TwoConvolutions(images, 16);
  const Tensor middle = TwoConvolutions(MaxPooling2D()(fine), 32);
  Tensor x = TwoConvolutions(MaxPooling2D()(middle), 64);
  x = TwoConvolutions(Concatenate({UpSampling2D()(x), middle}), 32);
  x = TwoConvolutions(Concatenate({UpSampling2D()(x), fine}), 16);
  x = Conv2D({.filters = 3, .kernel_size = 1, .activation = "softmax"})(x);

  Model net("unet", images, x);
  net.Compile({.optimizer = Adam({.learning_rate = 2e-3f}),
               .loss = "sparse_categorical_crossentropy",
               .metrics = {"accuracy"}});
  return net;
}

}  // namespace

BRINE_MODEL(BuildModel)
