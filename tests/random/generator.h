// The generator of random models: one object makes one model, layer by layer.
#ifndef BRINE_TESTS_RANDOM_GENERATOR_H_
#define BRINE_TESTS_RANDOM_GENERATOR_H_

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "frontend/brine.h"

namespace brine {

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

class Generator {
 public:
  explicit Generator(uint32_t seed) : seed_(seed), random_(seed), regularizing_(seed) {}
  Model Generate();

 private:
  template <typename T>
  T Pick(const std::vector<T>& choices) {
    return choices[random_() % choices.size()];
  }
  bool Coin() { return random_() % 2 == 0; }
  // Whether there is room for a step of so many layers, and then for the heads.  The first has a Flatten and a Dense
  // for each branch, perhaps also for one that the step begins, a sum of these and an activation.  Another has one
  // branch.
  bool HasRoom(size_t step, bool begins_branch = false) const;

  Node& Read(size_t index) {
    nodes_[index].read = true;
    return nodes_[index];
  }
  void Push(Tensor tensor, Shape shape, bool learned) {
    ++layers_;
    nodes_.push_back({std::move(tensor), std::move(shape), learned});
  }

  void AddInputs();

  // For tensors of any shape (generate_layers.cc); `index` is that of the tensor in nodes_.
  void AddLayer();
  std::string AnyActivation();
  // Half of the weights have one.  Regularizers have a sequence of their own, which leaves the models as they are.
  Regularizer AnyRegularizer();
  void AddDense(size_t index);
  // y = f(f(x)), so that the gradient of each parameter of f is a sum of two.
  void AddSharedDense(size_t index);
  void AddActivation(size_t index);
  Layer AnyActivationLayer();
  void AddDropout(size_t index);
  // The sum or the like with another tensor of this shape: another branch, or the tensor's own relu.
  void AddSum(size_t index);
  Tensor Merged(const Tensor& x, const Tensor& y);
  // Concatenates the tensor with another one that agrees in all axes but one, or with itself, on either side.
  void AddConcatenation(size_t index);
  void AddReshaping(size_t index);
  void AddNormalization(size_t index);
  void AddConv1D(size_t index);
  void AddPool1D(size_t index);

  // For images (generate_images.cc).
  void Augment();
  // A layer that keeps the shape of images.
  Layer AnyAugmentation(const Shape& shape);
  // Images of other extents, or, as in a U-shaped net, a detour over smaller images that is concatenated with x.
  void AddSpatial(size_t index);
  void AddConv(size_t index);
  void AddDepthwiseConv(size_t index);
  // Only of small images, since it enlarges them.
  void AddTransposedConv(size_t index);
  void AddPool(size_t index);
  void AddGlobalPool(size_t index);
  static int64_t Extent(int64_t size, int64_t window, int64_t stride, bool same) {
    return same ? (size + stride - 1) / stride : (size - window) / stride + 1;
  }

  // The end of the model (generate_outputs.cc).
  // The output `name` of the head: the sum of a dense layer of each of the tensors, activated.
  Tensor AddHead(const Head& head, const std::vector<Node>& branches, const std::string& name);
  // The tensors that no layer reads.
  std::vector<Node> Unread() const;
  Model WithOneOutput();
  // The second output depends on one tensor, which the first may also read.
  Model WithTwoOutputs();
  MetricList AnyMetrics(const Head& head);
  // The optimizers take turns, so that a few seeds have all of them.  Their options take one draw of `random_`, so that
  // another option leaves the models as they are.
  Optimizer AnyOptimizer();

  const uint32_t seed_;
  std::mt19937 random_, regularizing_;
  std::vector<Node> nodes_;
  Tensors inputs_ = Tensors(std::vector<Tensor>());
  size_t layers_ = 0;
  std::vector<Head> heads_;
};

}  // namespace brine

#endif  // BRINE_TESTS_RANDOM_GENERATOR_H_
