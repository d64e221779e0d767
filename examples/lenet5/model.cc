// examples/lenet5/model.cc: LeCun et al., "Gradient-based learning applied to document recognition" (1998), with a
// softmax instead of the radial basis functions
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("lenet5", Input({28, 28, 1}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Conv2D({.filters = 6, .kernel_size = 5, .padding = "same", .activation = "tanh"}));
  net.Add(AveragePooling2D());
  net.Add(Conv2D({.filters = 16, .kernel_size = 5, .activation = "tanh"}));
  net.Add(AveragePooling2D());
  net.Add(Flatten());
  net.Add(Dense({.units = 120, .activation = "tanh"}));
  net.Add(Dense({.units = 84, .activation = "tanh"}));
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile({.optimizer = Adam({.learning_rate = 1e-3f}),
               .loss = "sparse_categorical_crossentropy",
               .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
