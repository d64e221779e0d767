// examples/keras_cifar/model.cc: the larger classifier of Keras's first examples, with dropout
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("keras_cifar", Input({32, 32, 3}));
  net.Add(Rescaling(1.0f / 255));
  for (const int filters : {32, 64}) {
    net.Add(Conv2D({.filters = filters, .kernel_size = 3, .padding = "same", .activation = "relu"}));
    net.Add(Conv2D({.filters = filters, .kernel_size = 3, .activation = "relu"}));
    net.Add(MaxPooling2D());
    net.Add(Dropout(0.25f));
  }
  net.Add(Flatten());
  net.Add(Dense({.units = 512, .activation = "relu"}));
  net.Add(Dropout(0.5f));
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile({.optimizer = RMSprop({.learning_rate = 5e-4f}),
               .loss = "sparse_categorical_crossentropy",
               .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
