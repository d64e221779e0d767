// examples/two_inputs/model.cc: looks at two photographs of clothes with the same layers, and says whether both show
// the same kind, and which kind the left one shows
#include <brine.h>

brine::Model BuildModel() {
  using namespace brine;
  const Tensor left = Input({28, 28, 1}, {.name = "left"}), right = Input({28, 28, 1}, {.name = "right"});
  const Layer scale = Rescaling(1.0f / 255);
  const Layer conv_1 = Conv2D({.filters = 16, .kernel_size = 3, .activation = "relu"});
  const Layer conv_2 = Conv2D({.filters = 32, .kernel_size = 3, .activation = "relu"});
  const Layer dense = Dense({.units = 64, .activation = "relu"});
  const auto features = [&](const Tensor& image) {
    const Tensor x = MaxPooling2D()(conv_1(scale(image)));
    return dense(Flatten()(MaxPooling2D()(conv_2(x))));
  };
  const Tensor a = features(left), b = features(right);
  const Tensor kind = Dense({.units = 10, .activation = "softmax", .name = "kind"})(a);
  const Tensor hidden = Dense({.units = 32, .activation = "relu"})(Concatenate({a, b, a * b}));
  const Tensor same = Dense({.units = 1, .activation = "sigmoid", .name = "same"})(hidden);

  Model net("two_inputs", {left, right}, {kind, same});
  net.Compile({.optimizer = "adam",
               .loss = {{"kind", "sparse_categorical_crossentropy"}, {"same", "binary_crossentropy"}},
               .metrics = {{"kind", {"accuracy"}}, {"same", {"accuracy", AUC()}}},
               .loss_weights = {{"kind", 0.5}}});
  return net;
}
BRINE_MODEL(BuildModel)
