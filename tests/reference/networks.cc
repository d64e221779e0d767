#include "tests/reference/networks.h"

namespace brine::reference {
namespace {

Tensor ConvBatchNorm(const Tensor& x, int filters, int kernel_size, int strides = 1) {
  return BatchNormalization()(Conv2D(
      {.filters = filters, .kernel_size = kernel_size, .strides = strides, .padding = "same", .use_bias = false})(x));
}

Tensor ResNet20(Tensor x) {
  x = Relu(ConvBatchNorm(x, 16, 3));
  for (const int filters : {16, 32, 64}) {
    for (int block = 0; block < 3; ++block) {
      const int strides = filters > 16 && block == 0 ? 2 : 1;
      const Tensor y = Relu(ConvBatchNorm(x, filters, 3, strides));
      const Tensor shortcut = strides == 1 ? x : ConvBatchNorm(x, filters, 1, strides);
      x = Relu(ConvBatchNorm(y, filters, 3) + shortcut);
    }
  }
  return Dense({.units = 10})(GlobalAveragePooling2D()(x));
}

Tensor MobileNet(Tensor x) {
  const Layer relu6 = Activation("relu6");
  struct Block {
    int filters, strides;
  };
  x = relu6(ConvBatchNorm(x, 32, 3));
  for (const Block block : {Block{64, 1}, Block{128, 2}, Block{128, 1}, Block{256, 2}, Block{256, 1}}) {
    x = DepthwiseConv2D({.kernel_size = 3, .strides = block.strides, .padding = "same", .use_bias = false})(x);
    x = relu6(ConvBatchNorm(relu6(BatchNormalization()(x)), block.filters, 1));
  }
  return Dense({.units = 10})(GlobalAveragePooling2D()(x));
}

Tensor Autoencoder(Tensor x) {
  for (const int filters : {16, 32}) {
    x = Conv2D({.filters = filters, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"})(x);
  }
  x = Dense({.units = 32})(Flatten()(x));
  x = Reshape({8, 8, 32})(Dense({.units = 8 * 8 * 32, .activation = "relu"})(x));
  x = Conv2DTranspose({.filters = 16, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"})(x);
  return Conv2DTranspose({.filters = 3, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "sigmoid"})(x);
}

}  // namespace

Model Network(const std::string& name) {
  const Tensor images = Input({32, 32, 3});
  const Tensor scaled = Rescaling(1.0 / 255)(images);
  if (name == "autoencoder") {
    Model model(name, images, Autoencoder(scaled));
    model.Compile({.optimizer = Adam(), .loss = MeanSquaredError()});
    return model;
  }
  Model model(name, images, name == "resnet20" ? ResNet20(scaled) : MobileNet(scaled));
  LearningRate rate = 1e-3;
  if (name == "resnet20")
    rate =
        CosineDecay({.initial_learning_rate = 0, .decay_steps = 20, .warmup_target = Real(0.0005), .warmup_steps = 5});
  model.Compile({.optimizer = SGD({.learning_rate = rate, .momentum = 0.9, .nesterov = true}),
                 .loss = CategoricalCrossentropy({.from_logits = true})});
  return model;
}

}  // namespace brine::reference
