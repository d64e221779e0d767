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

}  // namespace

const std::vector<Example>& Examples() {
  static const std::vector<Example> examples = {
      {"cifar10_cnn", cifar10_cnn::BuildModel},
      {"cifar10_cnn_64", cifar10_cnn_64::BuildModel},
      {"cifar10_avg_pool", cifar10_avg_pool::BuildModel},
      {"cifar10_dropout_augment", cifar10_dropout_augment::BuildModel},
      {"mnist_mlp", mnist_mlp::BuildModel},
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
