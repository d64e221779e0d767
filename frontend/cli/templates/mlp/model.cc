// Two hidden layers, for small grey pictures.
#include <brine.h>

namespace {

constexpr int kClasses = NUMBER_OF_CLASSES;

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("NAME_OF_MODEL", Input({28, 28, 1}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Flatten());
  for (int layer = 0; layer < 2; ++layer) {
    net.Add(Dense({.units = 256, .activation = "relu"}));
    net.Add(Dropout(0.2));
  }
  net.Add(Dense({.units = kClasses, .activation = "softmax"}));
  net.Compile(
      {.optimizer = Adam({.learning_rate = 1e-3}), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}

}  // namespace

BRINE_MODEL(BuildModel)
