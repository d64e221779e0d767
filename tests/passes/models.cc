#include "tests/passes/models.h"

#include <brine.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "absl/strings/str_cat.h"
#include "frontend/graph_of.h"
#include "ir/op.h"

namespace brine::passes {
namespace {

using ir::Attributes;
using ir::Graph;
using ir::ValueId;

Model Images() {
  Sequential net("images", Input({8, 8, 2}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(RandomFlip("horizontal"));
  net.Add(Conv2D({.filters = 3, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Add(Conv2D({.filters = 4, .kernel_size = 2, .padding = "same", .activation = "relu"}));
  net.Add(AveragePooling2D({.pool_size = 2}));
  net.Add(Flatten());
  net.Add(Dropout(0.25f));
  net.Add(Dense({.units = 5, .activation = "relu"}));
  net.Add(Dense({.units = 3, .activation = "softmax"}));
  net.Compile(
      {.optimizer = Adam({.learning_rate = 1e-3f}), .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  return net;
}

Model TwoPools() {
  Sequential net("two_pools", Input({10, 10, 1}));
  net.Add(Rescaling(1.0f / 255));
  net.Add(Conv2D({.filters = 2, .kernel_size = 3, .activation = "relu"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Add(Conv2D({.filters = 3, .kernel_size = 3, .activation = "tanh"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Add(Flatten());
  net.Add(Dense({.units = 4, .activation = "relu"}));
  net.Add(Dense({.units = 3, .activation = "softmax"}));
  net.Compile({.optimizer = SGD({.learning_rate = 0.1f, .momentum = 0.9f, .nesterov = true}),
               .loss = "sparse_categorical_crossentropy",
               .metrics = {"accuracy"}});
  return net;
}

// A convolution of concatenated images, an image that is concatenated with itself, and concatenated rows.
Model Joined() {
  const Tensor x = Input({6, 6, 2}, {.dtype = "float32"}), z = Input({3}, {.dtype = "float32"});
  const Layer conv = Conv2D({.filters = 2, .kernel_size = 3, .padding = "same", .activation = "relu"});
  const Tensor a = conv(x), b = MaxPooling2D()(Concatenate({a, x}));
  const Tensor c = Conv2D({.filters = 2, .kernel_size = 2})(Concatenate({b, b}, {.axis = 1}));
  const Tensor y = Dense({.units = 4, .activation = "tanh"})(z);
  const Tensor rows = Concatenate({Flatten()(c), y, z, y}, {.axis = -1});
  Model model("joined", {x, z}, Dense({.units = 3})(rows));
  model.Compile({.optimizer = SGD({.learning_rate = 0.1f}), .loss = CategoricalCrossentropy({.from_logits = true})});
  return model;
}

Model Logits() {
  Sequential net("logits", Input({6}));
  net.Add(Dense({.units = 5, .activation = "sigmoid"}));
  net.Add(Dense({.units = 3}));
  net.Compile({.optimizer = SGD({.learning_rate = 0.1f}),
               .loss = CategoricalCrossentropy({.from_logits = true}),
               .metrics = {"accuracy"}});
  return net;
}

Graph GraphOfModel(const Model& model) {
  absl::StatusOr<Graph> graph = BuildGraph(model);
  EXPECT_TRUE(graph.ok()) << graph.status();
  return graph.ok() ? *graph : Graph();
}

class RandomBuilder {
 public:
  explicit RandomBuilder(uint32_t seed) : random_(seed) {}

  Graph Build() {
    graph_.name = "random";
    const ValueId x =
        graph_.AddValue("x", {ir::DType::kF32, {ir::kBatch, Pick({4, 5, 6}), Pick({4, 6}), Pick({1, 2, 3})}});
    graph_.inputs.push_back({x, ir::Source::kData, 0});
    values_.push_back(
        Emit(ir::kMul,
             {x, Parameter(graph_.type(x).shape.back() == 1 ? ir::Shape{1} : ir::Shape{graph_.type(x).shape.back()})}));
    const int layers = Pick({3, 5, 7, 9});
    for (int layer = 0; layer < layers; ++layer) AddLayer();
    if (random_() % 2 == 0) graph_.states[random_() % graph_.states.size()].role = ir::Role::kFrozen;
    if (random_() % 2 == 0) AddStatistic();
    AddHead();
    graph_.training = {
        {{"output", "categorical_crossentropy", {{"from_logits", true}}, 1, {{"accuracy", {}, "accuracy"}}}},
        "sgd",
        {{"learning_rate", 0.1}, {"momentum", Pick({0, 1}) * 0.9}, {"nesterov", false}},
        {"model.cc", 1, ""}};
    return std::move(graph_);
  }

 private:
  int Pick(std::vector<int> choices) { return choices[random_() % choices.size()]; }

  ValueId Emit(const ir::Op& op, std::vector<ValueId> inputs, Attributes attributes = {}) {
    auto outputs = graph_.AddNode(op, std::move(inputs), std::move(attributes),
                                  {{"model.cc", static_cast<int>(graph_.nodes.size()) + 1, ""}});
    EXPECT_TRUE(outputs.ok()) << outputs.status();
    return outputs->front();
  }

  ValueId Parameter(const ir::Shape& shape) {
    const ValueId value = graph_.AddValue("w", {ir::DType::kF32, shape});
    graph_.states.push_back({value, ir::Role::kParameter, {ir::InitializerKind::kUniform, 0.5}, {}});
    return value;
  }

  ValueId Number(double number) {
    return Emit(ir::kConstant, {}, {{"dtype", "f32"}, {"shape", ir::Shape()}, {"values", std::vector<double>{number}}});
  }

  ValueId HostInput(ir::Source source, const char* name, ir::Type type, double initial = 0) {
    for (const ir::Input& input : graph_.inputs) {
      if (input.source == source) return input.value;
    }
    const ValueId value = graph_.AddValue(name, std::move(type));
    graph_.inputs.push_back({value, source, initial});
    return value;
  }

  void AddLayer() {
    const ValueId x = values_[random_() % values_.size()];
    const ir::Shape shape = graph_.type(x).shape;
    const bool image = shape.size() == 4, roomy = image && shape[1] >= 2 && shape[2] >= 2;
    const ir::Op* unary[] = {&ir::kRelu, &ir::kTanh, &ir::kSigmoid, &ir::kNeg};
    switch (random_() % 11) {
      case 0:
      case 1:
        return values_.push_back(Emit(*unary[random_() % 4], {x}));
      case 2:
        if (!image) return values_.push_back(Emit(ir::kMatmul, {x, Parameter({shape[1], Pick({2, 3})})}));
        return values_.push_back(Emit(ir::kConv2D, {x, Parameter({1 + roomy, 1, shape[3], Pick({1, 2})})},
                                      {{"pads", std::vector<int64_t>{0, 0, 1, 0}}}));
      case 3:
        if (!roomy) return;
        return values_.push_back(Emit(random_() % 2 ? ir::kMaxPool : ir::kAvgPool, {x}));
      case 4:
        return values_.push_back(Emit(ir::kAdd, {x, Parameter({shape.back()})}));
      case 5:
        return values_.push_back(Emit(ir::kMul, {Number(Pick({0, 1, 2})), x}));
      case 6:
        for (ValueId y : values_) {
          if (y != x && graph_.type(y) == graph_.type(x))
            return values_.push_back(Emit(random_() % 2 ? ir::kMul : ir::kSub, {x, y}));
        }
        return values_.push_back(Emit(ir::kMul, {x, x}));
      case 7: {
        const ValueId rate = HostInput(ir::Source::kScalar, "rate", {}, 0.5),
                      seed = HostInput(ir::Source::kSeed, "seed", {ir::DType::kU32, {2}});
        const ValueId step = HostInput(ir::Source::kStep, "step", {ir::DType::kU32, {2}});
        return values_.push_back(Emit(ir::kDropout, {x, rate, seed, step}, {{"id", int64_t{Pick({1, 2})}}}));
      }
      case 8: {
        const int64_t axis = 1 + static_cast<int64_t>(random_() % (shape.size() - 1));
        return values_.push_back(Emit(ir::kConcatenate, {x, x}, {{"axis", axis}}));
      }
      case 9: {
        const size_t axis = 1 + random_() % (shape.size() - 1);
        std::vector<int64_t> begin(shape.size(), 0);
        ir::Shape box = shape;
        begin[axis] = static_cast<int64_t>(random_()) % shape[axis];
        if (random_() % 2 == 0) {
          box[axis] += begin[axis] + static_cast<int64_t>(random_() % 3);
          return values_.push_back(Emit(ir::kPad, {x}, {{"begin", begin}, {"shape", box}}));
        }
        box[axis] = std::max<int64_t>(1, (shape[axis] - begin[axis]) / 2);
        return values_.push_back(Emit(ir::kSlice, {x}, {{"begin", begin}, {"shape", box}}));
      }
      default:
        return values_.push_back(Emit(ir::kReshape, {x}, {{"shape", Flat(shape)}}));
    }
  }

  // s' = s + Σ x, and a layer that is x in training and x − s elsewhere
  void AddStatistic() {
    const ValueId x = values_[random_() % values_.size()];
    const ir::Shape shape = graph_.type(x).shape;
    const ValueId s = graph_.AddValue("s", {ir::DType::kF32, {shape.back()}});
    graph_.states.push_back({s, ir::Role::kStatistic, {}, {}});
    std::vector<int64_t> axes(shape.size() - 1);
    std::iota(axes.begin(), axes.end(), 0);
    graph_.updates.push_back({s, Emit(ir::kAdd, {s, Emit(ir::kReduceSum, {x}, {{"axes", axes}})})});
    values_.push_back(Emit(ir::kInTrainPhase, {x, Emit(ir::kSub, {x, s})}));
  }

  static ir::Shape Flat(const ir::Shape& shape) {
    int64_t size = 1;
    for (size_t axis = 1; axis < shape.size(); ++axis) size *= shape[axis];
    return {ir::kBatch, size};
  }

  // Values that nothing reads are added to the output.
  void AddHead() {
    std::vector<bool> read(graph_.values.size(), false);
    for (const ir::Node& node : graph_.nodes) {
      for (ValueId input : node.inputs) read[Index(input)] = true;
    }
    ValueId sum = ir::kNoValue;
    for (ValueId value : values_) {
      if (read[Index(value)]) continue;
      const ir::Shape flat = Flat(graph_.type(value).shape);
      const ValueId logits =
          Emit(ir::kMatmul, {Emit(ir::kReshape, {value}, {{"shape", flat}}), Parameter({flat[1], 3})});
      sum = sum == ir::kNoValue ? logits : Emit(ir::kAdd, {sum, logits});
    }
    graph_.outputs.push_back({"output", sum});
  }

  std::mt19937 random_;
  Graph graph_;
  std::vector<ValueId> values_;
};

}  // namespace

std::vector<NamedModel> SmallModels() {
  return {{"images", GraphOfModel(Images())},
          {"two_pools", GraphOfModel(TwoPools())},
          {"joined", GraphOfModel(Joined())},
          {"logits", GraphOfModel(Logits())}};
}

Graph RandomModel(uint32_t seed) { return RandomBuilder(seed).Build(); }

std::vector<NamedModel> AllModels() {
  std::vector<NamedModel> models = SmallModels();
  for (uint32_t seed = 1; seed <= 40; ++seed) models.push_back({absl::StrCat("random ", seed), RandomModel(seed)});
  return models;
}

}  // namespace brine::passes
