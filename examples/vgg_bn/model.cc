// examples/vgg_bn/model.cc: Simonyan and Zisserman's stacks of 3×3 convolutions (2015), with the batch normalization
// of Ioffe and Szegedy (2015), for images of 32×32
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  constexpr int kStepsPerEpoch = 390, kEpochs = 5;  // 50,000 images in batches of 128
  Sequential net("vgg_bn", Input({32, 32, 3}));
  net.Add(RandomFlip("horizontal"));
  // By up to four pixels.  RandomCrop of padded images would shrink them in evaluation, as Keras's does.
  net.Add(RandomTranslation(
      {.height_factor = 0.125f, .width_factor = 0.125f, .fill_mode = "constant", .interpolation = "nearest"}));
  net.Add(Rescaling(1.0f / 128, -1));
  for (const int filters : {64, 128, 256}) {
    for (int repeat = 0; repeat < 2; ++repeat) {
      net.Add(Conv2D({.filters = filters,
                      .kernel_size = 3,
                      .padding = "same",
                      .use_bias = false,
                      .kernel_initializer = "he_normal"}));
      net.Add(BatchNormalization());
      net.Add(ReLU());
    }
    net.Add(MaxPooling2D());
  }
  net.Add(Flatten());
  net.Add(Dropout(0.5f));
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  const auto rate = OneCycle({.max_lr = 2e-3, .total_steps = kEpochs * kStepsPerEpoch});
  net.Compile({.optimizer = AdamW({.learning_rate = rate, .weight_decay = 0.05}),
               .loss = SparseCategoricalCrossentropy(),
               .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
