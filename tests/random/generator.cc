#include "tests/random/generator.h"

#include <algorithm>

namespace brine {
namespace {

constexpr size_t kMaxLayers = 12;

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

}  // namespace

Model Generator::Generate() {
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

bool Generator::HasRoom(size_t step, bool begins_branch) const {
  const auto branches = begins_branch + static_cast<size_t>(std::count_if(nodes_.begin(), nodes_.end(),
                                                                          [](const Node& node) { return !node.read; }));
  size_t layers = layers_ + step + 2 * branches + (branches > 1) + 2 * (heads_.size() - 1);
  for (const Head& head : heads_) layers += !head.activation.empty();
  return layers <= kMaxLayers;
}

void Generator::AddInputs() {
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

}  // namespace brine
