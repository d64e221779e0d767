// Trains small networks, each with one kind of layer, in the double interpreter, and compares losses and weights with
// Keras's (tests/reference/make_trained_layers.py).
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "frontend/brine.h"
#include "frontend/graph_of.h"
#include "ir/interpret.h"
#include "passes/derive.h"
#include "passes/pipeline.h"
#include "tests/reference/cifar10_cnn.h"

namespace brine {
namespace {

using Tensors = ir::Tensors<double>;

constexpr int64_t kRows[] = {4, 4, 2};  // of the batches
constexpr double kTolerance = 1e-9;

struct Case {
  Shape shape;
  int64_t units;
  Layer layer;
  int calls = 1;  // of the layer, one after another
};

std::map<std::string, Case> Cases() {
  const Shape image = {5, 6, 2}, sequence = {7, 2}, row = {5};
  return {
      {"batch_normalization", {image, 3, BatchNormalization({.momentum = 0.9})}},
      {"batch_normalization_of_sequences", {sequence, 3, BatchNormalization({.epsilon = 1e-5})}},
      {"batch_normalization_of_rows", {row, 4, BatchNormalization({.center = false, .scale = false})}},
      {"batch_normalization_frozen", {image, 3, BatchNormalization({.trainable = false})}},
      {"layer_normalization", {image, 3, LayerNormalization()}},
      {"layer_normalization_of_rows", {row, 4, LayerNormalization({.epsilon = 1e-2, .center = false})}},
      {"layer_normalization_plain", {sequence, 3, LayerNormalization({.center = false, .scale = false})}},
      {"group_normalization", {image, 6, GroupNormalization({.groups = 2})}},
      {"group_normalization_of_sequences", {sequence, 6, GroupNormalization({.groups = 3, .scale = false})}},
      {"group_normalization_of_channels", {image, 3, GroupNormalization({.groups = -1})}},
      {"normalization", {image, 3, Normalization({.mean = {1, -2, 0.5}, .variance = {4, 0.25, 0.0625}})}},
      {"normalization_of_number", {sequence, 3, Normalization({.mean = {1.5}, .variance = {3}})}},
      {"normalization_inverted", {row, 2, Normalization({.mean = {1, -2}, .variance = {4, 0.25}, .invert = true})}},
      {"depthwise_conv2d",
       {image, 3, DepthwiseConv2D({.kernel_size = 3, .depth_multiplier = 2, .activation = "tanh"})}},
      {"depthwise_conv2d_with_strides",
       {image, 3, DepthwiseConv2D({.kernel_size = {3, 2}, .strides = 2, .padding = "same"})}},
      {"depthwise_conv2d_dilated",
       {image, 2, DepthwiseConv2D({.kernel_size = 2, .dilation_rate = 2, .use_bias = false})}},
      {"separable_conv2d",
       {image, 3, SeparableConv2D({.filters = 4, .kernel_size = 3, .padding = "same", .depth_multiplier = 2})}},
      {"separable_conv2d_with_strides",
       {image, 2, SeparableConv2D({.filters = 3, .kernel_size = 2, .strides = 2, .use_bias = false})}},
      {"conv2d_transpose", {image, 3, Conv2DTranspose({.filters = 4, .kernel_size = 3, .activation = "tanh"})}},
      {"conv2d_transpose_valid", {image, 2, Conv2DTranspose({.filters = 3, .kernel_size = {3, 2}, .strides = {2, 3}})}},
      {"conv2d_transpose_same",
       {image, 2, Conv2DTranspose({.filters = 3, .kernel_size = 3, .strides = 2, .padding = "same"})}},
      {"conv2d_transpose_same_even",
       {image, 2, Conv2DTranspose({.filters = 3, .kernel_size = 4, .strides = 2, .padding = "same"})}},
      {"conv2d_transpose_padded",
       {image, 2,
        Conv2DTranspose({.filters = 3,
                         .kernel_size = 3,
                         .strides = {2, 3},
                         .padding = "same",
                         .output_padding = {0, 2},
                         .use_bias = false})}},
      {"conv2d_transpose_padded_valid",
       {image, 2, Conv2DTranspose({.filters = 3, .kernel_size = 3, .strides = 2, .output_padding = 1})}},
      {"conv1d", {sequence, 3, Conv1D({.filters = 4, .kernel_size = 3, .activation = "tanh"})}},
      {"conv1d_with_strides",
       {sequence, 4, Conv1D({.filters = 6, .kernel_size = 2, .strides = 2, .padding = "same", .groups = 2})}},
      {"conv1d_causal",
       {sequence, 2,
        Conv1D({.filters = 3, .kernel_size = 3, .padding = "causal", .dilation_rate = 2, .use_bias = false})}},
      {"max_pooling1d", {sequence, 3, MaxPooling1D()}},
      {"max_pooling1d_overlapping", {sequence, 3, MaxPooling1D({.pool_size = 3, .strides = 2, .padding = "same"})}},
      {"global_average_pooling1d", {sequence, 3, GlobalAveragePooling1D()}},
      {"global_max_pooling1d", {sequence, 3, GlobalMaxPooling1D({.keepdims = true})}},
      {"average_pooling1d", {sequence, 3, AveragePooling1D({.pool_size = 2, .padding = "same"})}},
      {"dense_regularized",
       {row, 4,
        Dense({.units = 3,
               .activation = "tanh",
               .kernel_regularizer = L1L2({.l1 = 0.015625, .l2 = 0.03125}),
               .bias_regularizer = L1(0.0625),
               .activity_regularizer = L2(0.0625)})}},
      {"dense_regularized_frozen",
       {row, 4,
        Dense({.units = 3,
               .kernel_regularizer = L2(0.25),
               .bias_regularizer = L1(0.25),
               .activity_regularizer = L1(0.0625),
               .trainable = false})}},
      {"dense_regularized_shared",
       {row, 4, Dense({.units = 4, .kernel_regularizer = L2(0.03125), .activity_regularizer = L1L2({.l2 = 0.015625})}),
        /*calls=*/2}},
      {"conv2d_regularized",
       {image, 3,
        Conv2D({.filters = 4,
                .kernel_size = 3,
                .kernel_regularizer = L2(0.0625),
                .bias_regularizer = L1L2({.l1 = 0.125}),
                .activity_regularizer = L1(0.0625)})}},
      {"conv1d_regularized",
       {sequence, 3,
        Conv1D({.filters = 4,
                .kernel_size = 3,
                .kernel_regularizer = L1(0.015625),
                .bias_regularizer = L2(0.25),
                .activity_regularizer = L2(0.001953125)})}},
      {"depthwise_conv2d_regularized",
       {image, 3,
        DepthwiseConv2D({.kernel_size = 2,
                         .depthwise_regularizer = L2(0.125),
                         .bias_regularizer = L1(0.125),
                         .activity_regularizer = L2(0.015625)})}},
      {"separable_conv2d_regularized",
       {image, 3,
        SeparableConv2D({.filters = 4,
                         .kernel_size = 2,
                         .depthwise_regularizer = L1(0.125),
                         .pointwise_regularizer = L2(0.25),
                         .bias_regularizer = L2(0.0625),
                         .activity_regularizer = L1(0.015625)})}},
      {"conv2d_transpose_regularized",
       {image, 3,
        Conv2DTranspose({.filters = 2,
                         .kernel_size = 3,
                         .kernel_regularizer = L1L2({.l1 = 0.0078125, .l2 = 0.015625}),
                         .bias_regularizer = L2(0.25),
                         .activity_regularizer = L1(0.00390625)})}},
      {"batch_normalization_regularized",
       {image, 3, BatchNormalization({.beta_regularizer = L1(0.125), .gamma_regularizer = L2(0.25)})}},
      {"layer_normalization_regularized",
       {image, 3, LayerNormalization({.beta_regularizer = L2(0.125), .gamma_regularizer = L1(0.25)})}},
      {"group_normalization_regularized",
       {image, 6, GroupNormalization({.groups = 2, .beta_regularizer = L2(0.125), .gamma_regularizer = L2(0.25)})}},
      {"p_re_lu_regularized",
       {image, 3, PReLU({.alpha_regularizer = L1L2({.l1 = 0.125, .l2 = 0.25}), .shared_axes = {1, 2}})}},
  };
}

ir::Graph ModelOf(const Case& test) {
  const Tensor x = Input(test.shape);
  Tensor y = Dense({.units = test.units, .use_bias = false, .name = "first"})(x);
  for (int call = 0; call < test.calls; ++call) y = test.layer(y);
  Model model("case", x, Flatten()(y));
  model.Compile({.optimizer = SGD({.learning_rate = 0.1}), .loss = MeanSquaredError()});
  const auto graph = BuildGraph(model);
  EXPECT_TRUE(graph.ok()) << graph.status();
  return graph.ok() ? *graph : ir::Graph();
}

ir::Graph Lowered(const ir::Graph& model, ir::Function function) {
  auto graph = passes::Derive(model, function, kRows[0]);
  EXPECT_TRUE(graph.ok()) << graph.status();
  passes::PipelineOptions options;
  options.until = ir::Stage::kTrain;
  EXPECT_TRUE(passes::RunPipeline(*graph, options).ok());
  return *graph;
}

// The weights, in Keras's order, and for each its elements before the first step.
std::vector<std::string> SetWeights(const ir::Graph& graph, Tensors& states) {
  std::vector<std::string> names;
  for (const ir::State& state : graph.states) {
    const std::string& name = graph.value(state.value).name;
    const double offset = name.ends_with("/gamma") || name.ends_with("/moving_variance") ? 1 : 0;
    ir::Tensor<double>& weight = states[name] = ir::MakeTensor<double>(graph.type(state.value), 1);
    for (size_t i = 0; i < weight.real.size(); ++i)
      weight.real[i] = offset + 0.5 * std::sin(1.3 * static_cast<double>(i) + 0.7 * static_cast<double>(names.size()));
    names.push_back(name);
  }
  return names;
}

// Returns the loss of step `step`, and updates the states if the graph does.
double Step(const ir::Graph& graph, int step, Tensors& states) {
  const int64_t rows = kRows[step];
  Tensors given = ir::HostInputs<double>(graph, 0, step, rows);
  for (const ir::Input& input : graph.inputs) {
    const bool is_data = input.source == ir::Source::kData;
    if (!is_data && input.source != ir::Source::kLabel) continue;
    ir::Tensor<double>& tensor = given[graph.value(input.value).name] =
        ir::MakeTensor<double>(graph.type(input.value), rows);
    for (size_t i = 0; i < tensor.real.size(); ++i)
      tensor.real[i] =
          is_data ? std::sin(0.9 * static_cast<double>(i) + step) + 0.5 : std::cos(0.5 * static_cast<double>(i) + step);
  }
  given.insert(states.begin(), states.end());
  const auto results = ir::Interpret(graph, given, rows);
  EXPECT_TRUE(results.ok()) << results.status();
  if (!results.ok()) return std::nan("");
  ir::ApplyUpdates(graph, *results, states);
  for (const ir::Output& output : graph.outputs) {
    if (output.name == "loss") return results->at(graph.value(output.value).name).real[0];
  }
  return std::nan("");
}

TEST(TrainedLayers, TrainAsInKeras) {
  const std::map<std::string, Case> cases = Cases();
  size_t tested = 0;
  for (const std::vector<std::string>& row : reference::ReadRows("trained_layers.txt")) {
    SCOPED_TRACE(row[0]);
    const auto found = cases.find(row[0]);
    if (found == cases.end()) {
      ADD_FAILURE() << "no such case";
      continue;
    }
    ++tested;
    std::vector<double> got;
    const ir::Graph model = ModelOf(found->second), train = Lowered(model, ir::Function::kTrain);
    Tensors states;
    const std::vector<std::string> weights = SetWeights(model, states);
    for (int step = 0; step < 3; ++step) got.push_back(Step(train, step, states));
    got.push_back(Step(Lowered(model, ir::Function::kEvaluate), 0, states));
    for (const std::string& name : weights) {
      const std::vector<double>& weight = states.at(name).real;
      got.push_back(std::accumulate(weight.begin(), weight.end(), 0.0));
      got.push_back(0);
      for (size_t i = 0; i < weight.size(); ++i) got.back() += weight[i] * std::cos(static_cast<double>(i));
    }
    ASSERT_EQ(got.size() + 1, row.size());
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_NEAR(got[i], std::stod(row[i + 1]), kTolerance * (1 + std::abs(got[i]))) << "column " << i + 1;
  }
  EXPECT_EQ(tested, cases.size());
}

}  // namespace
}  // namespace brine
