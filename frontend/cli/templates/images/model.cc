// Five convolutions with batch normalization, for pictures of one's own, which are resized to 64×64.
#include <brine.h>

namespace {

constexpr int kClasses = NUMBER_OF_CLASSES;  // the number of folders of pictures

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("NAME_OF_MODEL", Input({64, 64, 3}));
  // Each epoch sees each picture mirrored, turned and enlarged at random.  Remove what would change its class.
  net.Add(RandomFlip("horizontal"));
  net.Add(RandomRotation({.factor = 0.05}));
  net.Add(RandomZoom({.height_factor = 0.1}));
  net.Add(Rescaling(1.0f / 127.5f, -1));
  for (const int filters : {16, 32, 64, 128, 256}) {
    net.Add(Conv2D({.filters = filters,
                    .kernel_size = 3,
                    .padding = "same",
                    .use_bias = false,
                    .kernel_initializer = "he_normal"}));
    net.Add(BatchNormalization({.momentum = 0.9}));
    net.Add(ReLU());
    if (filters < 256) net.Add(MaxPooling2D());
  }
  net.Add(GlobalAveragePooling2D());
  net.Add(Dropout(0.3));
  net.Add(Dense({.units = kClasses, .activation = "softmax"}));
  net.Compile({.optimizer = AdamW({.learning_rate = 1e-3, .weight_decay = 0.01}),
               .loss = "sparse_categorical_crossentropy",
               .metrics = {"accuracy"}});
  return net;
}

}  // namespace

BRINE_MODEL(BuildModel)
