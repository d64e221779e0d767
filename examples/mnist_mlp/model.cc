// examples/mnist_mlp/model.cc: two hidden layers of 512 on MNIST's digits
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("mnist_mlp", Input({28, 28, 1}));
  net.Add(Flatten());
  net.Add(Rescaling(1.0f / 255));
  net.Add(Dense({.units = 512, .activation = "relu"}));
  net.Add(Dense({.units = 512, .activation = "relu"}));
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
