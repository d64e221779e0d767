// examples/mobilenet/model.cc: Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision
// applications" (2017), shortened for images of 32×32
#include <brine.h>

namespace {

using namespace brine;

Tensor BatchNormRelu6(const Tensor& x) { return Activation("relu6")(BatchNormalization()(x)); }

// A depthwise convolution, which mixes pixels, and a pointwise one, which mixes channels.
Tensor SeparableBlock(const Tensor& x, int filters, int strides) {
  const Tensor y = DepthwiseConv2D({.kernel_size = 3,
                                    .strides = strides,
                                    .padding = "same",
                                    .use_bias = false,
                                    .depthwise_initializer = "he_normal"})(x);
  return BatchNormRelu6(Conv2D(
      {.filters = filters, .kernel_size = 1, .use_bias = false, .kernel_initializer = "he_normal"})(BatchNormRelu6(y)));
}

Model BuildModel() {
  constexpr int kStepsPerEpoch = 781, kEpochs = 10;  // 50,000 images in batches of 64
  struct Block {
    int filters, strides;
  };
  const Tensor images = Input({32, 32, 3});
  Tensor x = Rescaling(1.0f / 128, -1)(RandomFlip("horizontal")(images));
  x = BatchNormRelu6(Conv2D(
      {.filters = 32, .kernel_size = 3, .padding = "same", .use_bias = false, .kernel_initializer = "he_normal"})(x));
  for (const Block block : {Block{64, 1}, Block{128, 2}, Block{128, 1}, Block{256, 2}, Block{256, 1}})
    x = SeparableBlock(x, block.filters, block.strides);
  x = Dense({.units = 10, .activation = "softmax"})(GlobalAveragePooling2D()(x));

  Model net("mobilenet", images, x);
  const auto rate = CosineDecay({.initial_learning_rate = 2e-3, .decay_steps = kEpochs * kStepsPerEpoch});
  net.Compile(
      {.optimizer = Adam({.learning_rate = rate}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}

}  // namespace

BRINE_MODEL(BuildModel)
