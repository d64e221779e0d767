// The layers for tensors of any shape.
#include <algorithm>
#include <functional>
#include <numeric>

#include "tests/random/generator.h"

namespace brine {

void Generator::AddLayer() {
  // Mostly the newest tensor is taken.  An older one may begin a branch.
  const bool may_branch = HasRoom(2, /*begins_branch=*/true);
  const size_t index = may_branch && random_() % 4 == 0 ? random_() % nodes_.size() : nodes_.size() - 1;
  const size_t rank = nodes_[index].shape.size();
  if (random_() % 6 == 0) return AddReshaping(index);
  if (rank == 3 && nodes_[index].learned && random_() % 4 == 0) return AddPool(index);
  if (rank == 3 && random_() % 4 == 0) return AddSpatial(index);
  if (random_() % 4 == 0) return AddNormalization(index);
  if (rank == 2 && random_() % 3 == 0) return Coin() ? AddConv1D(index) : AddPool1D(index);
  if (rank == 3 && random_() % 4 == 0) return Coin() ? AddDepthwiseConv(index) : AddTransposedConv(index);
  switch (random_() % (rank == 3 ? 12 : 7)) {
    case 0:
    case 1:
      return AddDense(index);
    case 2:
      return AddActivation(index);
    case 3:
      return AddDropout(index);
    case 4:
      return AddSum(index);
    case 5:
      return AddConcatenation(index);
    case 6:
      return AddSharedDense(index);
    case 7:
    case 8:
    case 9:
      return AddConv(index);
    case 10:
      return AddPool(index);
    default:
      return random_() % 3 == 0 ? AddGlobalPool(index) : AddPool(index);
  }
}

std::string Generator::AnyActivation() {
  return Pick<std::string>({"", "relu", "relu", "sigmoid", "tanh", "relu6", "leaky_relu", "elu", "silu", "gelu"});
}

Regularizer Generator::AnyRegularizer() {
  const std::vector<Regularizer> regularizers = {{}, {}, {}, L1(0.01f), L2(0.1f), L1L2({.l1 = 0.02f, .l2 = 0.05f})};
  return regularizers[regularizing_() % regularizers.size()];
}

void Generator::AddDense(size_t index) {
  const Node x = Read(index);
  Shape shape = x.shape;
  shape.back() = Pick<int64_t>({4, 9});
  Push(Dense({.units = shape.back(),
              .activation = AnyActivation(),
              .use_bias = random_() % 4 != 0,
              .kernel_regularizer = AnyRegularizer(),
              .bias_regularizer = AnyRegularizer()})(x.tensor),
       shape, true);
}

void Generator::AddSharedDense(size_t index) {
  const Node x = Read(index);
  const Layer layer =
      Dense({.units = x.shape.back(), .activation = AnyActivation(), .kernel_regularizer = AnyRegularizer()});
  Push(layer(layer(x.tensor)), x.shape, true);
}

void Generator::AddActivation(size_t index) {
  const Node x = Read(index);
  Push(AnyActivationLayer()(x.tensor), x.shape, x.learned);
}

Layer Generator::AnyActivationLayer() {
  switch (random_() % 6) {
    case 0:
      return ReLU({.max_value = 0.5f});
    case 1:
      return ReLU({.max_value = 0.5f, .negative_slope = 0.25f, .threshold = 0.125f});
    case 2:
      return PReLU({.alpha_initializer = "glorot_uniform", .shared_axes = {1}});
    default:
      return Activation(Pick<std::string>({"relu", "relu6", "leaky_relu", "elu", "selu", "exponential", "sigmoid",
                                           "hard_sigmoid", "tanh", "softplus", "softsign", "silu", "hard_silu", "gelu",
                                           "gelu_tanh", "mish", "softmax", "log_softmax"}));
  }
}

void Generator::AddDropout(size_t index) {
  const Node x = Read(index);
  std::vector<Layer> layers = {Dropout(0.25f),      Dropout(0.25f),         Dropout(0.25f),
                               AlphaDropout(0.25f), GaussianDropout(0.25f), GaussianNoise(0.25f)};
  if (x.shape.size() == 3) layers.push_back(SpatialDropout2D(0.25f));
  Push(Pick(layers)(x.tensor), x.shape, x.learned);
}

void Generator::AddSum(size_t index) {
  const Node x = Read(index);
  std::vector<size_t> others;
  for (size_t other = 0; other < nodes_.size(); ++other) {
    if (other != index && nodes_[other].shape == x.shape) others.push_back(other);
  }
  if (others.empty()) {
    Push(x.tensor + Relu(x.tensor), x.shape, x.learned);
    ++layers_;
  } else {
    const Node y = Read(Pick(others));
    Push(Coin() ? x.tensor + y.tensor : Merged(x.tensor, y.tensor), x.shape, x.learned || y.learned);
  }
}

Tensor Generator::Merged(const Tensor& x, const Tensor& y) {
  switch (random_() % 6) {
    case 0:
      return x - y;
    case 1:
      return x * y;
    case 2:
      return Average({x, y});
    case 3:
      return Maximum({x, y});
    case 4:
      return Minimum({x, y});
    default:
      return Add({y, x, y});
  }
}

void Generator::AddConcatenation(size_t index) {
  const Node x = Read(index);
  const size_t axis = random_() % x.shape.size();
  std::vector<size_t> fits;
  for (size_t other = 0; other < nodes_.size(); ++other) {
    Shape shape = nodes_[other].shape;
    if (shape.size() == x.shape.size()) shape[axis] = x.shape[axis];
    if (shape == x.shape) fits.push_back(other);
  }
  const Node y = Read(Pick(fits));
  Shape shape = x.shape;
  shape[axis] += y.shape[axis];
  const bool first = Coin();
  Push(
      Concatenate({first ? x.tensor : y.tensor, first ? y.tensor : x.tensor}, {.axis = static_cast<int64_t>(axis) + 1}),
      shape, x.learned || y.learned);
}

void Generator::AddReshaping(size_t index) {
  const Node x = Read(index);
  if (x.shape.size() == 1 && Coin()) return Push(RepeatVector(2)(x.tensor), {2, x.shape[0]}, x.learned);
  if (Coin()) {
    Shape shape = {-1, x.shape.back()};
    const Tensor y = Reshape(shape)(x.tensor);
    shape[0] = std::accumulate(x.shape.begin(), x.shape.end() - 1, int64_t{1}, std::multiplies<>());
    return Push(y, shape, x.learned);
  }
  std::vector<int64_t> dims(x.shape.size());
  std::iota(dims.begin(), dims.end(), 1);
  std::shuffle(dims.begin(), dims.end(), random_);
  Shape shape;
  for (int64_t dim : dims) shape.push_back(x.shape[static_cast<size_t>(dim) - 1]);
  Push(Permute(dims)(x.tensor), shape, x.learned);
}

void Generator::AddNormalization(size_t index) {
  const Node x = Read(index);
  const bool trainable = random_() % 4 != 0;
  switch (random_() % 3) {
    case 0:
      return Push(BatchNormalization({.momentum = 0.9f, .center = Coin(), .trainable = trainable})(x.tensor), x.shape,
                  x.learned || trainable);
    case 1:
      return Push(LayerNormalization({.scale = Coin(), .trainable = trainable})(x.tensor), x.shape,
                  x.learned || trainable);
    default:
      return Push(GroupNormalization({.groups = x.shape.back() % 2 == 0 && x.shape.size() > 1 ? 2 : 1,
                                      .trainable = trainable})(x.tensor),
                  x.shape, x.learned || trainable);
  }
}

void Generator::AddConv1D(size_t index) {
  const Node x = Read(index);
  const int64_t taps = Pick<int64_t>({1, 2, 3}), stride = Pick<int64_t>({1, 1, 2}), filters = Pick<int64_t>({3, 8});
  const std::string padding = x.shape[0] < taps ? "same" : Pick<std::string>({"valid", "same", "causal"});
  Push(Conv1D({.filters = filters,
               .kernel_size = taps,
               .strides = stride,
               .padding = padding,
               .activation = AnyActivation(),
               .use_bias = Coin()})(x.tensor),
       {Extent(x.shape[0], taps, stride, padding != "valid"), filters}, true);
}

void Generator::AddPool1D(size_t index) {
  const Node x = Read(index);
  const int64_t size = Pick<int64_t>({2, 3}), stride = Pick<int64_t>({1, 2});
  const bool same = x.shape[0] < size || Coin();
  const Pooling1DOptions options = {.pool_size = size, .strides = stride, .padding = same ? "same" : "valid"};
  Push(Coin() ? AveragePooling1D(options)(x.tensor) : MaxPooling1D(options)(x.tensor),
       {Extent(x.shape[0], size, stride, same), x.shape[1]}, x.learned);
}

}  // namespace brine
