#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  Sequential net("shapes", Input({32, 32, 3}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(AveragePooling2D({.pool_size = 4}));
  net.Add(Flatten());
  net.Add(Dense({.units = 10, .activation = "softmax"}));
  net.Compile({.optimizer = "adam", .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}
BRINE_MODEL(BuildModel)
