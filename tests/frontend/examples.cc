#include "tests/frontend/examples.h"

#include "gtest/gtest.h"

#undef BRINE_MODEL
#define BRINE_MODEL(build)

namespace brine {
namespace {

namespace cifar10_cnn {
#include "examples/cifar10_cnn/model.cc"
}
namespace cifar10_cnn_64 {
#include "examples/cifar10_cnn_64/model.cc"
}
namespace cifar10_avg_pool {
#include "examples/cifar10_avg_pool/model.cc"
}
namespace cifar10_dropout_augment {
#include "examples/cifar10_dropout_augment/model.cc"
}
namespace mnist_mlp {
#include "examples/mnist_mlp/model.cc"
}
namespace in_memory {
#include "examples/in_memory/model.cc"
}
namespace cifar10_augment {
#include "tests/bench/models/cifar10_augment.cc"
}
namespace stride2_cnn {
#include "tests/bench/models/stride2_cnn.cc"
}
namespace vgg_like {
#include "tests/bench/models/vgg_like.cc"
}

// The tutorial network, of which only the dense layers are trained.
Model FrozenConvolutions() {
  Model net = cifar10_cnn::BuildModel();
  net.Freeze("conv2d");
  net.Freeze("conv2d_1");
  return net;
}

}  // namespace

const std::vector<Example>& Examples() {
  static const std::vector<Example> examples = {
      {"cifar10_cnn", cifar10_cnn::BuildModel},
      {"cifar10_cnn_64", cifar10_cnn_64::BuildModel},
      {"cifar10_avg_pool", cifar10_avg_pool::BuildModel},
      {"cifar10_dropout_augment", cifar10_dropout_augment::BuildModel},
      {"mnist_mlp", mnist_mlp::BuildModel},
      {"in_memory", in_memory::BuildModel},
      {"cifar10_augment", cifar10_augment::BuildModel},
      {"cifar10_frozen", FrozenConvolutions},
      {"stride2_cnn", stride2_cnn::BuildModel},
      {"vgg_like", vgg_like::BuildModel},
  };
  return examples;
}

Model ExampleModel(const std::string& name) {
  for (const Example& example : Examples()) {
    if (name == example.name) return example.build();
  }
  ADD_FAILURE() << "no example " << name;
  return Examples()[0].build();
}

}  // namespace brine
