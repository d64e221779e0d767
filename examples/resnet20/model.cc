// examples/resnet20/model.cc: He et al., "Deep residual learning for image recognition" (2016), section 4.2, with
// projections (their option B) where the shape changes
#include <brine.h>

namespace {

using namespace brine;

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
  constexpr int kStepsPerEpoch = 390, kEpochs = 10;  // 50,000 images in batches of 128
  const Tensor images = Input({32, 32, 3});
  // By up to four pixels.  RandomCrop of padded images would shrink them in evaluation, as Keras's does.
  Tensor x = RandomTranslation(
      {.height_factor = 0.125f, .width_factor = 0.125f, .fill_mode = "constant", .interpolation = "nearest"})(
      RandomFlip("horizontal")(images));
  x = Rescaling(1.0f / 128, -1)(x);
  x = Relu(ConvBatchNorm(x, 16, 3, 1));
  for (const int filters : {16, 32, 64}) {
    for (int block = 0; block < 3; ++block) x = ResidualBlock(x, filters, filters > 16 && block == 0 ? 2 : 1);
  }
  x = Dense({.units = 10, .activation = "softmax"})(GlobalAveragePooling2D()(x));

  Model net("resnet20", images, x);
  const auto rate = CosineDecay({.initial_learning_rate = 0,
                                 .decay_steps = (kEpochs - 1) * kStepsPerEpoch,
                                 .warmup_target = 0.1,
                                 .warmup_steps = kStepsPerEpoch});
  net.Compile({.optimizer = SGD({.learning_rate = rate, .momentum = 0.9, .nesterov = true, .weight_decay = 5e-4}),
               .loss = "sparse_categorical_crossentropy",
               .metrics = {"accuracy"}});
  return net;
}

}  // namespace

BRINE_MODEL(BuildModel)
