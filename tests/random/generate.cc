#include "tests/random/generate.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "frontend/graph_of.h"
#include "ir/losses.h"
#include "ir/op.h"
#include "ir/status.h"

namespace brine {
namespace {

constexpr size_t kMaxLayers = 12;
constexpr int64_t kClasses = 3;  // as in the checker, which draws the labels

// A tensor, and what the generator must know to choose a layer that may follow it.
struct Node {
  Tensor tensor;
  Shape shape;
  bool learned = false;  // whether it depends on a parameter
  bool read = false;
};

// A loss, the activation that an output needs for it, none if empty, and its weight in the sum of losses.
struct Head {
  Loss loss;
  std::string activation = {};
  Real weight = 1;
};

// The softplus of an output makes numbers of which the loss can take logarithms.  A percentage of the labels, of which
// most are 0, is so large that its rounding errors would hide the gradients of another loss.
const std::vector<Head>& Heads() {
  static const auto* const heads = new std::vector<Head>{
      {CategoricalCrossentropy(), "softmax"},
      {CategoricalCrossentropy({.from_logits = true})},
      {SparseCategoricalCrossentropy(), "softmax"},
      {SparseCategoricalCrossentropy({.from_logits = true})},
      {BinaryCrossentropy(), "sigmoid"},
      {BinaryCrossentropy({.from_logits = true})},
      {KLDivergence(), "softmax"},
      {CategoricalHinge()},
      {MeanSquaredError()},
      {MeanAbsoluteError()},
      {MeanAbsolutePercentageError(), "", 1e-7},
      {MeanSquaredLogarithmicError(), "softplus"},
      {Huber({.delta = 0.5f})},
      {LogCosh()},
      {Hinge()},
      {SquaredHinge()},
      {CosineSimilarity()},
      {Poisson(), "softplus"},
  };
  return *heads;
}

class Generator {
 public:
  explicit Generator(uint32_t seed) : seed_(seed), random_(seed), regularizing_(seed) {}

  Model Generate() {
    heads_ = {Pick(Heads())};
    if (random_() % 4 == 0) {
      heads_.push_back(Pick(Heads()));
      heads_[1].weight = heads_[1].weight.value() * Pick<double>({0.25, 1, 2});
    }
    AddInputs();
    const size_t body = layers_ + 3 + random_() % 4;
    while (layers_ < body && HasRoom(2)) AddLayer();
    return heads_.size() == 1 ? WithOneOutput() : WithTwoOutputs();
  }

 private:
  template <typename T>
  T Pick(const std::vector<T>& choices) {
    return choices[random_() % choices.size()];
  }
  bool Coin() { return random_() % 2 == 0; }

  // Whether there is room for a step of so many layers, and then for the heads.  The first has a Flatten and a Dense
  // for each branch, perhaps also for one that the step begins, a sum of these and an activation.  Another has one
  // branch.
  bool HasRoom(size_t step, bool begins_branch = false) const {
    const auto branches =
        begins_branch +
        static_cast<size_t>(std::count_if(nodes_.begin(), nodes_.end(), [](const Node& node) { return !node.read; }));
    size_t layers = layers_ + step + 2 * branches + (branches > 1) + 2 * (heads_.size() - 1);
    for (const Head& head : heads_) layers += !head.activation.empty();
    return layers <= kMaxLayers;
  }

  Node& Read(size_t index) {
    nodes_[index].read = true;
    return nodes_[index];
  }
  void Push(Tensor tensor, Shape shape, bool learned) {
    ++layers_;
    nodes_.push_back({std::move(tensor), std::move(shape), learned});
  }

  void AddInputs() {
    const auto add = [&](const Shape& shape) {
      const bool bytes = Coin();
      Tensor x = Input(shape, {.dtype = bytes ? "uint8" : "float32"});
      inputs_.tensors.push_back(x);
      ++layers_;
      if (bytes) x = Rescaling(1.0f / 255, Pick<Real>({0.0f, -0.5f}))(x);
      layers_ += bytes;
      nodes_.push_back({x, shape});
    };
    add(Pick<Shape>({{7, 6, 3}, {8, 8, 1}, {7, 6, 3}, {8, 8, 1}, {5, 7}, {11}}));
    while (nodes_[0].shape.size() == 3 && layers_ < 4 && Coin()) Augment();
    // The second input needs a head of its own, unless the two branches meet in a sum.
    if (random_() % 4 == 0 && HasRoom(2, /*begins_branch=*/true)) add(Coin() ? nodes_[0].shape : Shape{11});
  }

  void Augment() {
    const Node x = Read(nodes_.size() - 1);
    Push(AnyAugmentation(x.shape)(x.tensor), x.shape, false);
  }

  // A layer that keeps the shape of images.
  Layer AnyAugmentation(const Shape& shape) {
    const std::string fill_mode = Pick<std::string>({"constant", "nearest", "reflect", "wrap"}),
                      interpolation = Pick<std::string>({"nearest", "bilinear"});
    switch (random_() % 7) {
      case 0:
        return RandomFlip(Pick<std::string>({"horizontal", "vertical", "horizontal_and_vertical"}));
      case 1:
        return RandomTranslation({.height_factor = 0.3f,
                                  .width_factor = {-0.2f, 0.4f},
                                  .fill_mode = fill_mode,
                                  .interpolation = interpolation,
                                  .fill_value = 0.5f});
      case 2:
        return RandomRotation({.factor = 0.2f, .fill_mode = fill_mode, .interpolation = interpolation});
      case 3:
        return RandomZoom({.height_factor = {-0.5f, 0.25f}, .fill_mode = fill_mode, .interpolation = interpolation});
      case 4:
        return RandomContrast({.factor = 0.5f, .value_range = {-1, 1}});
      case 5:
        return RandomBrightness({.factor = 0.25f, .value_range = {-1, 1}});
      default:
        return RandomErasing({.scale = {0.1f, 0.5f},
                              .fill_value = std::vector<Real>(Coin() ? 0 : shape[2], Real(0.5f)),
                              .value_range = {-1, 1}});
    }
  }

  void AddLayer() {
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

  std::string AnyActivation() {
    return Pick<std::string>({"", "relu", "relu", "sigmoid", "tanh", "relu6", "leaky_relu", "elu", "silu", "gelu"});
  }

  void AddDense(size_t index) {
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

  // y = f(f(x)), so that the gradient of each parameter of f is a sum of two.
  void AddSharedDense(size_t index) {
    const Node x = Read(index);
    const Layer layer =
        Dense({.units = x.shape.back(), .activation = AnyActivation(), .kernel_regularizer = AnyRegularizer()});
    Push(layer(layer(x.tensor)), x.shape, true);
  }

  void AddActivation(size_t index) {
    const Node x = Read(index);
    Push(AnyActivationLayer()(x.tensor), x.shape, x.learned);
  }

  Layer AnyActivationLayer() {
    switch (random_() % 6) {
      case 0:
        return ReLU({.max_value = 0.5f});
      case 1:
        return ReLU({.max_value = 0.5f, .negative_slope = 0.25f, .threshold = 0.125f});
      case 2:
        return PReLU({.alpha_initializer = "glorot_uniform", .shared_axes = {1}});
      default:
        return Activation(Pick<std::string>({"relu", "relu6", "leaky_relu", "elu", "selu", "exponential", "sigmoid",
                                             "hard_sigmoid", "tanh", "softplus", "softsign", "silu", "hard_silu",
                                             "gelu", "gelu_tanh", "mish", "softmax", "log_softmax"}));
    }
  }

  void AddDropout(size_t index) {
    const Node x = Read(index);
    std::vector<Layer> layers = {Dropout(0.25f),      Dropout(0.25f),         Dropout(0.25f),
                                 AlphaDropout(0.25f), GaussianDropout(0.25f), GaussianNoise(0.25f)};
    if (x.shape.size() == 3) layers.push_back(SpatialDropout2D(0.25f));
    Push(Pick(layers)(x.tensor), x.shape, x.learned);
  }

  // The sum or the like with another tensor of this shape: another branch, or the tensor's own relu.
  void AddSum(size_t index) {
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

  Tensor Merged(const Tensor& x, const Tensor& y) {
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

  // Concatenates the tensor with another one that agrees in all axes but one, or with itself, on either side.
  void AddConcatenation(size_t index) {
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
    Push(Concatenate({first ? x.tensor : y.tensor, first ? y.tensor : x.tensor},
                     {.axis = static_cast<int64_t>(axis) + 1}),
         shape, x.learned || y.learned);
  }

  void AddReshaping(size_t index) {
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

  // Images of other extents, or, as in a U-shaped net, a detour over smaller images that is concatenated with x.
  void AddSpatial(size_t index) {
    const Node x = Read(index);
    const auto push = [&](const Layer& layer, int64_t height, int64_t width) {
      Push(layer(x.tensor), {height, width, x.shape[2]}, x.learned);
    };
    const int64_t height = x.shape[0], width = x.shape[1];
    const std::string interpolation = Pick<std::string>({"nearest", "bilinear"});
    switch (random_() % 5) {
      case 0:
        return push(ZeroPadding2D({{1, 0}, {2, 1}}), height + 1, width + 3);
      case 1:
        if (height > 1 && width > 2) return push(Cropping2D({{0, 1}, {1, 1}}), height - 1, width - 2);
        return push(ZeroPadding2D(), height + 2, width + 2);
      case 2:
        if (height * width > 64) return push(CenterCrop({.height = 5, .width = 5}), 5, 5);
        return push(UpSampling2D({.size = {2, 1}, .interpolation = interpolation}), 2 * height, width);
      case 3:
        return push(Resizing({.height = 4, .width = 7, .interpolation = interpolation}), 4, 7);
      default: {
        if (!HasRoom(3, /*begins_branch=*/true) || height % 2 + width % 2 != 0)
          return push(ZeroPadding2D(), height + 2, width + 2);
        const Tensor small =
            Conv2D({.filters = 3, .kernel_size = 3, .strides = 2, .padding = "same", .activation = "relu"})(x.tensor);
        const Tensor large = UpSampling2D({.interpolation = interpolation})(small);
        layers_ += 2;
        Push(Concatenate({x.tensor, large}), {height, width, x.shape[2] + 3}, true);
      }
    }
  }

  static int64_t Extent(int64_t size, int64_t window, int64_t stride, bool same) {
    return same ? (size + stride - 1) / stride : (size - window) / stride + 1;
  }

  void AddConv(size_t index) {
    const Node x = Read(index);
    const Size2D kernel = Pick<Size2D>({3, 3, {2, 3}, 1, {3, 1}});
    const bool stretched = random_() % 4 == 0;
    const Size2D dilation = stretched ? Pick<Size2D>({2, {1, 2}}) : Size2D(1),
                 strides = stretched ? Size2D(1) : Pick<Size2D>({1, 1, 2, {2, 1}});
    const int64_t height = (kernel.height - 1) * dilation.height + 1, width = (kernel.width - 1) * dilation.width + 1;
    const bool same = x.shape[0] < height || x.shape[1] < width || Coin();
    const int64_t filters = Pick<int64_t>({3, 8, 16});
    Push(Conv2D({.filters = filters,
                 .kernel_size = kernel,
                 .strides = strides,
                 .padding = same ? "same" : "valid",
                 .dilation_rate = dilation,
                 .activation = AnyActivation(),
                 .use_bias = random_() % 4 != 0,
                 .kernel_regularizer = AnyRegularizer(),
                 .activity_regularizer = regularizing_() % 4 == 0 ? L2(0.01f) : Regularizer()})(x.tensor),
         {Extent(x.shape[0], height, strides.height, same), Extent(x.shape[1], width, strides.width, same), filters},
         true);
  }

  void AddNormalization(size_t index) {
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

  void AddConv1D(size_t index) {
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

  void AddPool1D(size_t index) {
    const Node x = Read(index);
    const int64_t size = Pick<int64_t>({2, 3}), stride = Pick<int64_t>({1, 2});
    const bool same = x.shape[0] < size || Coin();
    const Pooling1DOptions options = {.pool_size = size, .strides = stride, .padding = same ? "same" : "valid"};
    Push(Coin() ? AveragePooling1D(options)(x.tensor) : MaxPooling1D(options)(x.tensor),
         {Extent(x.shape[0], size, stride, same), x.shape[1]}, x.learned);
  }

  void AddDepthwiseConv(size_t index) {
    const Node x = Read(index);
    const int64_t stride = Pick<int64_t>({1, 2}), multiplier = Pick<int64_t>({1, 1, 2}),
                  filters = Pick<int64_t>({4, 8});
    const Shape size = {Extent(x.shape[0], 3, stride, true), Extent(x.shape[1], 3, stride, true)};
    if (Coin()) {
      Push(DepthwiseConv2D({.kernel_size = 3,
                            .strides = stride,
                            .padding = "same",
                            .depth_multiplier = multiplier,
                            .activation = AnyActivation()})(x.tensor),
           {size[0], size[1], x.shape[2] * multiplier}, true);
    } else {
      Push(SeparableConv2D({.filters = filters,
                            .kernel_size = 3,
                            .strides = stride,
                            .padding = "same",
                            .depth_multiplier = multiplier,
                            .use_bias = Coin()})(x.tensor),
           {size[0], size[1], filters}, true);
    }
  }

  // Only of small images, since it enlarges them.
  void AddTransposedConv(size_t index) {
    if (nodes_[index].shape[0] > 8) return AddPool(index);
    const Node x = Read(index);
    const int64_t stride = Pick<int64_t>({1, 2}), filters = Pick<int64_t>({3, 8});
    const bool same = Coin();
    const auto extent = [&](int64_t before) { return same ? before * stride : (before - 1) * stride + 3; };
    Push(Conv2DTranspose({.filters = filters,
                          .kernel_size = 3,
                          .strides = stride,
                          .padding = same ? "same" : "valid",
                          .activation = AnyActivation(),
                          .use_bias = Coin()})(x.tensor),
         {extent(x.shape[0]), extent(x.shape[1]), filters}, true);
  }

  void AddPool(size_t index) {
    const Node x = Read(index);
    const Size2D size = Pick<Size2D>({2, 2, 2, 3, {1, 2}}), strides = Pick<Size2D>({size, size, 1});
    const bool same = x.shape[0] < size.height || x.shape[1] < size.width || random_() % 4 == 0;
    const PoolingOptions options = {.pool_size = size, .strides = strides, .padding = same ? "same" : "valid"};
    const bool has_relu = random_() % (x.learned ? 2 : 4) == 0;  // a relu that only this layer reads
    const Tensor image = has_relu ? Activation("relu")(x.tensor) : x.tensor;
    layers_ += has_relu;
    Push(random_() % 2 == 0 ? AveragePooling2D(options)(image) : MaxPooling2D(options)(image),
         {Extent(x.shape[0], size.height, strides.height, same), Extent(x.shape[1], size.width, strides.width, same),
          x.shape[2]},
         x.learned);
  }

  void AddGlobalPool(size_t index) {
    const Node x = Read(index);
    const bool keepdims = Coin();
    const Layer pool =
        Coin() ? GlobalAveragePooling2D({.keepdims = keepdims}) : GlobalMaxPooling2D({.keepdims = keepdims});
    Push(pool(x.tensor), keepdims ? Shape{1, 1, x.shape[2]} : Shape{x.shape[2]}, x.learned);
  }

  // The output `name` of the head: the sum of a dense layer of each of the tensors, activated.
  Tensor AddHead(const Head& head, const std::vector<Node>& branches, const std::string& name) {
    const bool is_activated = !head.activation.empty(), is_sum = branches.size() > 1;
    std::vector<Tensor> logits;
    for (const Node& node : branches) {
      const Tensor flat = node.shape.size() == 1 ? node.tensor : Flatten()(node.tensor);
      logits.push_back(Dense(
          {.units = kClasses, .kernel_initializer = "he_normal", .name = is_activated || is_sum ? "" : name})(flat));
    }
    const Tensor sum = is_sum ? Add(Tensors(logits), {.name = is_activated ? "" : name}) : logits[0];
    return is_activated ? Activation(head.activation, {.name = name})(sum) : sum;
  }

  // The tensors that no layer reads.
  std::vector<Node> Unread() const {
    std::vector<Node> unread;
    for (const Node& node : nodes_) {
      if (!node.read) unread.push_back(node);
    }
    return unread;
  }

  Model WithOneOutput() {
    Model model("random", inputs_, AddHead(heads_[0], Unread(), ""));
    model.Compile({.optimizer = AnyOptimizer(),
                   .loss = heads_[0].loss,
                   .metrics = AnyMetrics(heads_[0]),
                   .loss_weights = {{"output", heads_[0].weight}}});
    return model;
  }

  // The second output depends on one tensor, which the first may also read.
  Model WithTwoOutputs() {
    const Tensor first = AddHead(heads_[0], Unread(), "first"), second = AddHead(heads_[1], {Pick(nodes_)}, "second");
    Model model("random", inputs_, {first, second});
    Losses losses;
    losses.named = {{"first", heads_[0].loss}, {"second", heads_[1].loss}};
    Metrics metrics;
    metrics.named = {{"first", AnyMetrics(heads_[0])}, {"second", AnyMetrics(heads_[1])}};
    model.Compile({.optimizer = AnyOptimizer(),
                   .loss = losses,
                   .metrics = metrics,
                   .loss_weights = {{"first", heads_[0].weight}, {"second", heads_[1].weight}}});
    return model;
  }

  MetricList AnyMetrics(const Head& head) {
    if (!ir::FindLoss(head.loss.name)->compares_classes()) return {Coin() ? RootMeanSquaredError() : R2Score()};
    MetricList metrics = {"accuracy"};
    switch (random_() % 5) {
      case 0:
        metrics.push_back(Precision({.thresholds = {0.4f, 0.5f}}));
        break;
      case 1:
        metrics.push_back(Recall({.class_id = 1}));
        break;
      case 2:
        metrics.push_back(Recall({.top_k = 2}));
        break;
      case 3:
        metrics.push_back(
            AUC({.num_thresholds = 20, .curve = Coin() ? "ROC" : "PR", .from_logits = head.activation.empty()}));
        break;
      default:
        break;
    }
    return metrics;
  }

  // Half of the weights have one.  Regularizers have a sequence of their own, which leaves the models as they are.
  Regularizer AnyRegularizer() {
    const std::vector<Regularizer> regularizers = {{}, {}, {}, L1(0.01f), L2(0.1f), L1L2({.l1 = 0.02f, .l2 = 0.05f})};
    return regularizers[regularizing_() % regularizers.size()];
  }

  // The optimizers take turns, so that a few seeds have all of them.  Their options take one draw of `random_`, so that
  // another option leaves the models as they are.
  Optimizer AnyOptimizer() {
    std::mt19937 random(static_cast<uint32_t>(random_()));
    const std::vector<Optimizer> optimizers = {
        SGD({.learning_rate = 0.1f}),
        SGD({.learning_rate = 0.1f, .momentum = 0.9f}),
        SGD({.learning_rate = 0.1f, .momentum = 0.9f, .nesterov = true}),
        Adam({.learning_rate = 0.01f, .beta_1 = 0.8f}),
        Adam({.learning_rate = 0.01f, .amsgrad = true}),
        AdamW({.learning_rate = 0.01f, .exclude_from_weight_decay = {"dense"}}),
        Adamax({.learning_rate = 0.01f}),
        Nadam({.learning_rate = 0.01f}),
        RMSprop({.learning_rate = 0.01f}),
        RMSprop({.learning_rate = 0.01f, .momentum = 0.5f}),
        RMSprop({.learning_rate = 0.01f, .centered = true}),
        RMSprop({.learning_rate = 0.01f, .momentum = 0.5f, .centered = true}),
        Adagrad({.learning_rate = 0.1f}),
        Adadelta({.learning_rate = 1.0f}),
        Lion({.learning_rate = 0.01f}),
    };
    Optimizer optimizer = optimizers[seed_ % optimizers.size()];
    constexpr const char* kClips[] = {"clipnorm", "clipvalue", "global_clipnorm"};
    if (random() % 3 == 0) optimizer.arguments.push_back({kClips[random() % 3], 0.05f});
    if (random() % 4 == 0 && optimizer.name != "adamw") optimizer.arguments.push_back({"weight_decay", 0.1f});
    if (random() % 4 == 0) optimizer.arguments.push_back({"use_ema", 1});
    if (random() % 4 == 0) optimizer.schedule = LearningRateSchedule([](Number t) { return 0.1 / Sqrt(t); });
    return optimizer;
  }

  const uint32_t seed_;
  std::mt19937 random_, regularizing_;
  std::vector<Node> nodes_;
  Tensors inputs_ = Tensors(std::vector<Tensor>());
  size_t layers_ = 0;
  std::vector<Head> heads_;
};

absl::StatusOr<ir::ValueId> AddOp(ir::Graph& graph, const ir::Op& op, const std::vector<ir::ValueId>& inputs,
                                  const ir::Attributes& attributes = {}) {
  BRINE_ASSIGN_OR_RETURN(const std::vector<ir::ValueId> made, graph.AddNode(op, inputs, attributes, {}, "decorated"));
  return made[0];
}

absl::StatusOr<ir::ValueId> AddConstant(ir::Graph& graph, const ir::Shape& shape, const std::vector<double>& values) {
  return AddOp(graph, ir::kConstant, {}, {{"dtype", "f32"}, {"shape", shape}, {"values", values}});
}

// y = x·σ(x)
absl::StatusOr<ir::ValueId> AddSwish(ir::Graph& graph, ir::ValueId x) {
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId gate, AddOp(graph, ir::kSigmoid, {x}));
  return AddOp(graph, ir::kMul, {x, gate});
}

// y = x / √(x² + 1)
absl::StatusOr<ir::ValueId> AddNormalized(ir::Graph& graph, ir::ValueId x) {
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId square, AddOp(graph, ir::kMul, {x, x}));
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId one, AddConstant(graph, {}, {1}));
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId sum, AddOp(graph, ir::kAdd, {square, one}));
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId root, AddOp(graph, ir::kSqrt, {sum}));
  return AddOp(graph, ir::kDiv, {x, root});
}

// y = x·x, x + x, x + k or x·k.  The constant k has the last axes of x, some of them with extent 1, and equal or
// different elements.
absl::StatusOr<ir::ValueId> AddSumOrProduct(ir::Graph& graph, ir::ValueId x, std::mt19937& random) {
  const bool product = random() % 2 == 0;
  ir::ValueId other = x;
  if (random() % 4 != 0) {
    const ir::Shape& whole = graph.type(x).shape;
    ir::Shape shape(whole.begin() + 1 + random() % whole.size(), whole.end());
    for (ir::Dim& dim : shape) dim = random() % 4 == 0 ? 1 : dim;
    const size_t elements = static_cast<size_t>(ir::ElementCount(shape, 1).value());
    std::vector<double> values(random() % 2 == 0 ? 1 : elements);
    for (double& value : values) value = product ? 0.5 + random() % 4 * 0.25 : random() % 5 * 0.125 - 0.25;
    BRINE_ASSIGN_OR_RETURN(other, AddConstant(graph, shape, values));
  }
  std::vector<ir::ValueId> operands = {x, other};
  if (random() % 2 == 0) std::swap(operands[0], operands[1]);
  return AddOp(graph, product ? ir::kMul : ir::kAdd, operands);
}

absl::StatusOr<ir::ValueId> Decorate(ir::Graph& graph, ir::ValueId x, std::mt19937& random) {
  switch (random() % 4) {
    case 0:
      return AddSwish(graph, x);
    case 1:
      return AddNormalized(graph, x);
    default:
      return AddSumOrProduct(graph, x, random);
  }
}

// Freezes a parameter, and adds a statistic to which each step adds the sum of a value, or of its squares, over rows
// and pixels: s' = s + Σ x or s' = s + Σ x².
absl::Status AddStates(ir::Graph& graph, std::mt19937& random) {
  ir::State& state = graph.states[random() % graph.states.size()];
  if (random() % 2 == 0 && state.role == ir::Role::kParameter) state.role = ir::Role::kFrozen;
  ir::ValueId x = graph.nodes[random() % graph.nodes.size()].outputs[0];
  const ir::Type type = graph.type(x);
  if (type.dtype != ir::DType::kF32 || type.rank() < 2 || type.shape[0] != ir::kBatch) return absl::OkStatus();
  const ir::ValueId s = graph.AddValue("statistic", {ir::DType::kF32, {type.shape.back()}});
  graph.states.push_back({s, ir::Role::kStatistic, {}, {}});
  std::vector<int64_t> axes(static_cast<size_t>(type.rank() - 1));
  std::iota(axes.begin(), axes.end(), 0);
  if (random() % 2 == 0) {
    BRINE_ASSIGN_OR_RETURN(x, AddOp(graph, ir::kMul, {x, x}));
  }
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId sum, AddOp(graph, ir::kReduceSum, {x}, {{"axes", axes}}));
  BRINE_ASSIGN_OR_RETURN(const ir::ValueId next, AddOp(graph, ir::kAdd, {s, sum}));
  graph.updates.push_back({s, next});
  return absl::OkStatus();
}

}  // namespace

Model RandomModel(uint32_t seed) { return Generator(seed).Generate(); }

absl::StatusOr<ir::Graph> RandomGraph(uint32_t seed) {
  BRINE_ASSIGN_OR_RETURN(ir::Graph graph, BuildGraph(RandomModel(seed)));
  // A constant between two layers keeps passes from merging them.  Therefore the graphs of even seeds stay as the
  // layers made them; they also have no states of other kinds.
  if (seed % 2 == 0) return graph;
  std::mt19937 random(seed);
  const std::vector<ir::Node> nodes = std::move(graph.nodes);
  graph.nodes.clear();
  // Layers that take a value for a constant because of a property of their other values, which decorations would break.
  std::set<std::string> undecorated;
  for (const ir::Node& node : nodes) {
    if (node.op == &ir::kStopGradient) undecorated.insert(node.locations[0].layer);
  }
  std::map<ir::ValueId, ir::ValueId> decorated;
  for (ir::Node node : nodes) {
    for (ir::ValueId& input : node.inputs) {
      if (decorated.count(input) != 0) input = decorated.at(input);
    }
    const ir::ValueId made = node.outputs[0];
    const ir::Type type = graph.type(made);
    graph.nodes.push_back(std::move(node));
    const bool leaves = std::any_of(graph.outputs.begin(), graph.outputs.end(),
                                    [&](const ir::Output& output) { return output.value == made; });
    const std::vector<ir::Location> locations = graph.nodes.back().locations;
    const bool fits = (locations.empty() || undecorated.count(locations[0].layer) == 0) &&
                      type.dtype == ir::DType::kF32 && type.rank() >= 2 && type.shape[0] == ir::kBatch && !leaves;
    if (!fits || random() % 4 != 0) continue;
    BRINE_ASSIGN_OR_RETURN(decorated[made], Decorate(graph, made, random));
  }
  BRINE_RETURN_IF_ERROR(AddStates(graph, random));
  return graph;
}

}  // namespace brine
