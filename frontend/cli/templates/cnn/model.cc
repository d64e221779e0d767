// Two convolutions with max pooling and two dense layers, for small colour pictures.
#include <brine.h>

namespace {

constexpr int kClasses = NUMBER_OF_CLASSES;

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("NAME_OF_MODEL", Input({32, 32, 3}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Conv2D({.filters = 32, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D());
  net.Add(Conv2D({.filters = 64, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D());
  net.Add(Flatten());
  net.Add(Dense({.units = 128, .activation = "relu"}));
  net.Add(Dense({.units = kClasses, .activation = "softmax"}));
  net.Compile(
      {.optimizer = Adam({.learning_rate = 1e-3}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}

}  // namespace

BRINE_MODEL(BuildModel)
