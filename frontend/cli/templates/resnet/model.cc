// A residual network for small colour pictures: He et al., "Deep residual learning for image recognition" (2016),
// section 4.2.
#include <brine.h>

namespace {

using namespace brine;

constexpr int kClasses = NUMBER_OF_CLASSES;
constexpr int kBlocks = 3;  // of each width; the network has 6·kBlocks + 2 layers with weights

Tensor ConvBatchNorm(const Tensor& x, int filters, int kernel_size, int strides) {
  const Tensor y = Conv2D({.filters = filters,
                           .kernel_size = kernel_size,
                           .strides = strides,
                           .padding = "same",
                           .use_bias = false,
                           .kernel_initializer = "he_normal"})(x);
  return BatchNormalization()(y);
}

Tensor ResidualBlock(const Tensor& x, int filters, int strides) {
  const Tensor y = Relu(ConvBatchNorm(x, filters, 3, strides));
  const Tensor shortcut = strides == 1 ? x : ConvBatchNorm(x, filters, 1, strides);
  return Relu(ConvBatchNorm(y, filters, 3, 1) + shortcut);
}

Model BuildModel() {
  const Tensor images = Input({32, 32, 3});
  Tensor x = RandomFlip("horizontal")(images);
  x = RandomTranslation({.height_factor = 0.125, .width_factor = 0.125})(x);
  x = Rescaling(1.0f / 128, -1)(x);
  x = Relu(ConvBatchNorm(x, 16, 3, 1));
  for (const int filters : {16, 32, 64}) {
    for (int block = 0; block < kBlocks; ++block) x = ResidualBlock(x, filters, filters > 16 && block == 0 ? 2 : 1);
  }
  x = Dense({.units = kClasses, .activation = "softmax"})(GlobalAveragePooling2D()(x));

  Model net("NAME_OF_MODEL", images, x);
  net.Compile({.optimizer = AdamW({.learning_rate = 2e-3, .weight_decay = 0.01}),
               .loss = "sparse_categorical_crossentropy",
               .metrics = {"accuracy"}});
  return net;
}

}  // namespace

BRINE_MODEL(BuildModel)
