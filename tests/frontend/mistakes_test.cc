// Tests wrong models: the exact words of every mistake, that all mistakes of a model are reported at once, and that no
// consequence of an earlier mistake is reported.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "frontend/brine.h"
#include "gtest/gtest.h"

namespace brine {
namespace {

constexpr const char* kSoftmaxLoss = "categorical_crossentropy";

Model Chain(const Tensor& input, std::initializer_list<Layer> layers) {
  Sequential net("net", input);
  for (const Layer& layer : layers) net.Add(layer);
  return net;
}

Model Compiled(Model model, CompileOptions options) {
  model.Compile(std::move(options));
  return model;
}

// A model that ends in softmax, as the loss needs.
Model WithOptimizer(Optimizer optimizer) {
  return Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                  {.optimizer = std::move(optimizer), .loss = kSoftmaxLoss});
}

Tensor Image() { return Input({6, 6, 4}); }

constexpr int64_t kHuge = int64_t{1} << 40;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kInitializers =
    "known are glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal, zeros, ones, "
    "constant, "
    "random_uniform, random_normal, truncated_normal, orthogonal, identity, variance_scaling";
constexpr const char* kActivations =
    "known are linear, relu, relu6, leaky_relu, elu, selu, exponential, sigmoid, hard_sigmoid, tanh, softplus, "
    "softsign, "
    "silu, swish, hard_silu, hard_swish, gelu, gelu_tanh, mish, softmax, log_softmax";

constexpr const char* kLearns =
    "learns mean and variance from the data of an input of the model, which must be what it is called with; otherwise "
    "give it mean and variance";

struct Row {
  const char* name;
  Model model;
  std::vector<std::string> mistakes;  // without the locations at their beginnings
};

Model NormalizedInputs() {
  const Tensor a = Input({4}), b = Input({4});
  const Layer shared = Normalization();
  return Model("net", {a, b}, shared(a) + shared(b));
}

Model TwoOutputs(std::string hidden_name = "hidden") {
  const Tensor x = Input({4});
  const Tensor hidden = Dense({.units = 2, .name = std::move(hidden_name)})(x);
  return Model("net", x, {Dense({.units = 2, .name = "a"})(hidden), Dense({.units = 2, .name = "b"})(hidden)});
}

Model Frozen(Model model, const char* layer) {
  model.Freeze(layer);
  return model;
}

// A model of which nothing is left to train.
Model AllFrozen() {
  Model model = Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})});
  model.Freeze();
  return Compiled(std::move(model), {.optimizer = SGD(), .loss = kSoftmaxLoss});
}

Model FrozenBeforeItsLayers() {
  Sequential net("net", Input({4}));
  net.Freeze();
  net.Add(Dense({.units = 2}));
  return net;
}

// A model with a part that was frozen by a wrong name.
Model WithFrozenPart() {
  const Tensor x = Input({4}), y = Dense({.units = 2})(x);
  Model part = Frozen(Model("part", x, y), "input_layer");
  return Model("net", x, Dense({.units = 2, .name = "head"})(y));
}

std::vector<Row> Rows() {
  const Tensor x = Image();
  const Tensor other = Input({5});
  const Layer shared = Dense({.units = 3});
  const Layer twin = Dense({.units = 3, .name = "twin"});
  const Tensor same = twin(other);
  return {
      // Arguments
      {"units_missing", Chain(Input({4}), {Dense({})}), {"dense: units must be positive, got 0"}},
      {"units_negative", Chain(Input({4}), {Dense({.units = -3})}), {"dense: units must be positive, got -3"}},
      {"units_huge",
       Chain(Input({4}), {Dense({.units = kHuge})}),
       {"dense: units must be at most 2147483647, got 1099511627776"}},
      {"filters", Chain(x, {Conv2D({.filters = 0, .kernel_size = 3})}), {"conv2d: filters must be positive, got 0"}},
      {"kernel_size_missing", Chain(x, {Conv2D({.filters = 2})}), {"conv2d: kernel_size must be given"}},
      {"kernel_size",
       Chain(x, {Conv2D({.filters = 2, .kernel_size = {3, -1}})}),
       {"conv2d: kernel_size must be positive, got -1"}},
      {"strides",
       Chain(x, {Conv2D({.filters = 2, .kernel_size = 3, .strides = 0})}),
       {"conv2d: strides must be positive, got 0"}},
      {"dilation",
       Chain(x, {Conv2D({.filters = 2, .kernel_size = 3, .dilation_rate = -2})}),
       {"conv2d: dilation_rate must be positive, got -2"}},
      {"groups",
       Chain(x, {Conv2D({.filters = 2, .kernel_size = 3, .groups = 0})}),
       {"conv2d: groups must be positive, got 0"}},
      {"groups_channels",
       Chain(x, {Conv2D({.filters = 3, .kernel_size = 3, .groups = 3})}),
       {"conv2d: groups 3 must divide the input's channels 4"}},
      {"groups_filters",
       Chain(x, {Conv2D({.filters = 3, .kernel_size = 3, .groups = 2})}),
       {"conv2d: groups 2 must divide filters 3"}},
      {"padding",
       Chain(x, {Conv2D({.filters = 2, .kernel_size = 3, .padding = "full"})}),
       {"conv2d: unknown padding \"full\"; known are valid, same"}},
      {"activation",
       Chain(Input({4}), {Dense({.units = 2, .activation = "rellu"})}),
       {"dense: unknown activation \"rellu\"; did you mean relu?"}},
      {"activation_in_two_lines",
       Chain(Input({4}), {Activation("a\nb")}),
       {absl::StrCat("activation: unknown activation \"a\\nb\"; ", kActivations)}},
      {"activation_layer",
       Chain(Input({4}), {Activation("hard_sigmod")}),
       {"activation: unknown activation \"hard_sigmod\"; did you mean hard_sigmoid?"}},
      {"rectifiers",
       Chain(Input({4}), {ReLU({.max_value = -1, .negative_slope = kNan, .threshold = -0.5}),
                          ReLU({.max_value = -std::numeric_limits<double>::infinity()}),
                          LeakyReLU({.negative_slope = -0.1}), ELU({.alpha = -2})}),
       {"re_lu: max_value must not be negative, got -1",
        "re_lu: negative_slope must be a finite float32 number, got nan",
        "re_lu: threshold must not be negative, got -0.5",
        "re_lu_1: max_value must be a finite float32 number, got -inf",
        "leaky_re_lu: negative_slope must not be negative, got -0.1", "elu: alpha must not be negative, got -2"}},
      {"prelu",
       Chain(x, {PReLU({.alpha_initializer = "one", .shared_axes = {0, 1, 4}})}),
       {"p_re_lu: alpha_initializer: unknown initializer \"one\"; did you mean ones?",
        "p_re_lu: shared_axes must lie within 1 ... 3, got 0", "p_re_lu: shared_axes must lie within 1 ... 3, got 4"}},
      {"kernel_initializer",
       Chain(Input({4}), {Dense({.units = 2, .kernel_initializer = "he"})}),
       {absl::StrCat("dense: kernel_initializer: unknown initializer \"he\"; ", kInitializers)}},
      {"bias_initializer",
       Chain(x, {Conv2D({.filters = 2, .kernel_size = 1, .bias_initializer = "no"})}),
       {absl::StrCat("conv2d: bias_initializer: unknown initializer \"no\"; ", kInitializers)}},
      {"constant_nan",
       Chain(Input({4}), {Dense({.units = 2, .bias_initializer = Constant(kNan)})}),
       {"dense: bias_initializer: value must be a finite float32 number, got nan"}},
      {"initializer_near",
       Chain(Input({4}), {Dense({.units = 2, .kernel_initializer = "glorot_unifrom"})}),
       {"dense: kernel_initializer: unknown initializer \"glorot_unifrom\"; did you mean glorot_uniform?"}},
      {"regularizers",
       Chain(x, {Conv2D({.filters = 2,
                         .kernel_size = 1,
                         .kernel_regularizer = "l11",
                         .bias_regularizer = L2(-0.1),
                         .activity_regularizer = "ridge"}),
                 BatchNormalization({.beta_regularizer = L1(kNan), .gamma_regularizer = "L2"}),
                 SeparableConv2D({.filters = 2,
                                  .kernel_size = 1,
                                  .depthwise_regularizer = L1L2({.l1 = -1, .l2 = 1e39}),
                                  .pointwise_regularizer = "orthogonal"}),
                 PReLU({.alpha_regularizer = L1(-1)})}),
       {"conv2d: activity_regularizer: unknown regularizer \"ridge\"; known are l1, l2, l1_l2",
        "conv2d: kernel_regularizer: unknown regularizer \"l11\"; did you mean l1?",
        "conv2d: bias_regularizer: l2 must not be negative, got -0.1",
        "batch_normalization: beta_regularizer: l1 must be a finite float32 number, got nan",
        "batch_normalization: gamma_regularizer: unknown regularizer \"L2\"; known are l1, l2, l1_l2",
        "separable_conv2d: depthwise_regularizer: l1 must not be negative, got -1",
        "separable_conv2d: depthwise_regularizer: l2 must be a finite float32 number, got 1e+39",
        "separable_conv2d: pointwise_regularizer: unknown regularizer \"orthogonal\"; known are l1, l2, l1_l2",
        "p_re_lu: alpha_regularizer: l1 must not be negative, got -1"}},
      {"initializer_arguments",
       Chain(Input({4}),
             {Dense({.units = 2,
                     .kernel_initializer = VarianceScaling({.scale = 0, .mode = "fan_inn", .distribution = "cauchy"}),
                     .bias_initializer = Initializer("ones", {{"gain", 2}})}),
              Dense({.units = 2,
                     .kernel_initializer = VarianceScaling({.scale = 0}),
                     .bias_initializer = RandomUniform({.minval = 1, .maxval = 0.5})}),
              Dense({.units = 2,
                     .kernel_initializer = RandomNormal({.mean = kNan}),
                     .bias_initializer = TruncatedNormal({.stddev = -1})})}),
       {"dense: kernel_initializer: unknown mode \"fan_inn\"; did you mean fan_in?",
        "dense: kernel_initializer: unknown distribution \"cauchy\"; known are truncated_normal, untruncated_normal, "
        "uniform",
        "dense: bias_initializer: ones takes no \"gain\"", "dense_1: kernel_initializer: scale must be positive, got 0",
        "dense_1: bias_initializer: minval must not exceed maxval",
        "dense_2: kernel_initializer: mean must be a finite float32 number, got nan",
        "dense_2: bias_initializer: stddev must not be negative"}},
      {"initializer_of_matrices",
       Chain(x, {Conv2D({.filters = 2,
                         .kernel_size = 1,
                         .kernel_initializer = IdentityInitializer(),
                         .bias_initializer = Orthogonal()})}),
       {"conv2d: kernel_initializer: identity is for weights with two axes, not for (1, 1, 4, 2)",
        "conv2d: bias_initializer: orthogonal is for weights with two or more axes, not for (2)"}},
      {"noise",
       Chain(Input({4}),
             {GaussianNoise(-1), GaussianNoise(kNan), GaussianDropout(1), AlphaDropout(-0.5), SpatialDropout2D(1.5)}),
       {"gaussian_noise: stddev must not be negative, got -1",
        "gaussian_noise_1: stddev must be a finite float32 number, got nan",
        "gaussian_dropout: rate must be at least 0 and below 1, got 1",
        "alpha_dropout: rate must be at least 0 and below 1, got -0.5",
        "spatial_dropout2d: rate must be at least 0 and below 1, got 1.5",
        "spatial_dropout2d: takes images (n, height, width, channels), got (n, 4)"}},
      {"rate", Chain(Input({4}), {Dropout(1)}), {"dropout: rate must be at least 0 and below 1, got 1"}},
      {"rate_nan", Chain(Input({4}), {Dropout(kNan)}), {"dropout: rate must be at least 0 and below 1, got nan"}},
      {"scale",
       Chain(Input({4}), {Rescaling(1e300)}),
       {"rescaling: scale must be a finite float32 number, got 1e+300"}},
      {"flip",
       Chain(x, {RandomFlip("sideways")}),
       {"random_flip: unknown mode \"sideways\"; known are horizontal, vertical, horizontal_and_vertical"}},
      {"translation",
       Chain(x, {RandomTranslation({.height_factor = 2, .width_factor = {0.3, 0.1}, .fill_mode = "zero"})}),
       {"random_translation: height_factor must be a range within [-1, 1], got [-2, 2]",
        "random_translation: width_factor must be a range within [-1, 1], got [0.3, 0.1]",
        "random_translation: unknown fill_mode \"zero\"; known are constant, nearest, reflect, wrap"}},
      {"interpolation",
       Chain(x, {RandomTranslation({.interpolation = "cubic", .fill_value = kNan})}),
       {"random_translation: unknown interpolation \"cubic\"; known are nearest, bilinear",
        "random_translation: fill_value must be a finite float32 number, got nan"}},
      {"normalization",
       Chain(x, {BatchNormalization({.axis = 1,
                                     .momentum = 1.5,
                                     .epsilon = -1e-3,
                                     .beta_initializer = "a",
                                     .gamma_initializer = "b",
                                     .moving_mean_initializer = "c",
                                     .moving_variance_initializer = "d"})}),
       {"batch_normalization: momentum must be within [0, 1], got 1.5",
        "batch_normalization: epsilon must be at least 0, got -0.001",
        absl::StrCat("batch_normalization: beta_initializer: unknown initializer \"a\"; ", kInitializers),
        absl::StrCat("batch_normalization: gamma_initializer: unknown initializer \"b\"; ", kInitializers),
        absl::StrCat("batch_normalization: moving_mean_initializer: unknown initializer \"c\"; ", kInitializers),
        absl::StrCat("batch_normalization: moving_variance_initializer: unknown initializer \"d\"; ", kInitializers),
        "batch_normalization: axis must be the last one, 3 or -1, of (n, 6, 6, 4), got 1"}},
      {"normalization_nan",
       Chain(x, {BatchNormalization({.momentum = kNan, .epsilon = kNan})}),
       {"batch_normalization: momentum must be within [0, 1], got nan",
        "batch_normalization: epsilon must be a finite float32 number, got nan"}},
      {"rotation",
       Chain(x, {RandomRotation({.factor = 1.5, .fill_mode = "mirror", .interpolation = "cubic", .fill_value = kNan})}),
       {"random_rotation: factor must be a range within [-1, 1], got [-1.5, 1.5]",
        "random_rotation: unknown fill_mode \"mirror\"; known are constant, nearest, reflect, wrap",
        "random_rotation: unknown interpolation \"cubic\"; known are nearest, bilinear",
        "random_rotation: fill_value must be a finite float32 number, got nan"}},
      {"zoom",
       Chain(x, {RandomZoom({.height_factor = 1, .width_factor = {0.5, 0.25}})}),
       {"random_zoom: height_factor must be a range within (-1, 1], got [-1, 1]",
        "random_zoom: width_factor must be a range within (-1, 1], got [0.5, 0.25]"}},
      {"augmentation_without_factor",
       Chain(x, {RandomRotation({}), RandomZoom({}), RandomContrast({}), RandomBrightness({})}),
       {"random_rotation: factor must be given", "random_zoom: height_factor must be given",
        "random_contrast: factor must be given", "random_brightness: factor must be given"}},
      {"random_crop", Chain(x, {RandomCrop({.height = 3})}), {"random_crop: width must be positive, got 0"}},
      {"contrast",
       Chain(x, {RandomContrast({.factor = {-0.5, 0.25}, .value_range = {1, 1}})}),
       {"random_contrast: factor must be a range within [0, 1], got [-0.5, 0.25]",
        "random_contrast: value_range must ascend, got [1, 1]"}},
      {"brightness",
       Chain(x, {RandomBrightness({.factor = {-2, 0}, .value_range = {0, kNan}})}),
       {"random_brightness: factor must be a range within [-1, 1], got [-2, 0]",
        "random_brightness: value_range must be a finite float32 number, got nan"}},
      {"erasing",
       Chain(x, {RandomErasing({.factor = 2, .scale = {0.5, 0.1}, .fill_value = {1, 2}})}),
       {"random_erasing: factor must be a range within [0, 1], got [0, 2]",
        "random_erasing: scale must be a range within [0, 1], got [0.5, 0.1]",
        "random_erasing: fill_value must hold one number or one for each of the 4 channels, got 2"}},
      {"augmentation_rank",
       Chain(Input({8}), {RandomContrast({.factor = 0.5f}), RandomCrop({.height = 1, .width = 1})}),
       {"random_contrast: takes images (n, height, width, channels), got (n, 8)",
        "random_crop: takes images (n, height, width, channels), got (n, 8)"}},
      {"late_contrast",
       Chain(x, {Conv2D({.filters = 2, .kernel_size = 1}), RandomContrast({.factor = 0.5f}),
                 RandomZoom({.height_factor = 0.1f})}),
       {"random_contrast: augmentation has no parameters; put it before the first layer that learns",
        "random_zoom: augmentation has no parameters; put it before the first layer that learns"}},
      {"borders",
       Chain(x, {ZeroPadding2D({{1, -2}, {0, 0}}), Cropping2D(kHuge)}),
       {"zero_padding2d: padding must lie within 0 ... 2147483647, got -2",
        "cropping2d: cropping must lie within 0 ... 2147483647, got 1099511627776"}},
      {"up_sampling",
       Chain(x, {UpSampling2D({.size = {2, 0}, .interpolation = "lanczos3"})}),
       {"up_sampling2d: unknown interpolation \"lanczos3\"; known are nearest, bilinear",
        "up_sampling2d: size must be positive, got 0"}},
      {"resizing",
       Chain(x, {Resizing({.width = -3, .interpolation = "area"}), CenterCrop({.height = 2})}),
       {"resizing: unknown interpolation \"area\"; known are nearest, bilinear",
        "resizing: height must be positive, got 0", "resizing: width must be positive, got -3",
        "center_crop: width must be positive, got 0"}},
      {"target_shape_sizes",
       Chain(Input({4}), {Reshape({2, -1, -1}), Reshape({0, 2})}),
       {"reshape: target_shape may have one -1, got (2, -1, -1)",
        "reshape_1: every extent of target_shape must be positive or -1, got (0, 2)"}},
      {"permutation",
       Chain(x, {Permute({1, 3, 3}), RepeatVector(0)}),
       {"permute: dims must hold each of 1 ... 3 once, got (1, 3, 3)", "repeat_vector: n must be positive, got 0"}},
      {"depthwise",
       Chain(x, {DepthwiseConv2D({.kernel_size = {0, 2},
                                  .strides = -1,
                                  .padding = "causal",
                                  .depth_multiplier = 0,
                                  .activation = "rely",
                                  .depthwise_initializer = "a",
                                  .bias_initializer = "b"})}),
       {"depthwise_conv2d: depth_multiplier must be positive, got 0",
        absl::StrCat("depthwise_conv2d: depthwise_initializer: unknown initializer \"a\"; ", kInitializers),
        "depthwise_conv2d: unknown activation \"rely\"; did you mean relu?",
        absl::StrCat("depthwise_conv2d: bias_initializer: unknown initializer \"b\"; ", kInitializers),
        "depthwise_conv2d: kernel_size must be positive, got 0", "depthwise_conv2d: strides must be positive, got -1",
        "depthwise_conv2d: unknown padding \"causal\"; known are valid, same"}},
      {"depthwise_window",
       Chain(x, {DepthwiseConv2D({.kernel_size = {7, 3}})}),
       {"depthwise_conv2d: kernel_size 7 is larger than the input's height 6"}},
      {"separable",
       Chain(x, {SeparableConv2D({.kernel_size = 3, .depth_multiplier = -1, .pointwise_initializer = "p"})}),
       {"separable_conv2d: depth_multiplier must be positive, got -1",
        "separable_conv2d: filters must be positive, got 0",
        absl::StrCat("separable_conv2d: pointwise_initializer: unknown initializer \"p\"; ", kInitializers)}},
      {"separable_rank",
       Chain(Input({8}), {SeparableConv2D({.filters = 2, .kernel_size = 3})}),
       {"separable_conv2d: takes images (n, height, width, channels), got (n, 8)"}},
      {"transpose",
       Chain(x, {Conv2DTranspose({.filters = -2, .kernel_size = 3, .strides = {2, 1}, .dilation_rate = 2})}),
       {"conv2d_transpose: filters must be positive, got -2",
        "conv2d_transpose: strides and dilation_rate cannot both be above 1"}},
      {"transpose_output_padding",
       Chain(x, {Conv2DTranspose({.filters = 2, .kernel_size = 3, .strides = 2, .output_padding = {-1, 2}})}),
       {"conv2d_transpose: output_padding must be at least 0 and below the stride 2, got -1",
        "conv2d_transpose: output_padding must be at least 0 and below the stride 2, got 2"}},
      {"transpose_same",
       Chain(x,
             {Conv2DTranspose({.filters = 2, .kernel_size = 4, .strides = 2, .padding = "same", .output_padding = 0})}),
       {"conv2d_transpose: output_padding must be positive if padding is \"same\" and the kernel has an even extent"}},
      {"transpose_huge",
       Chain(x, {Conv2DTranspose({.filters = 2, .kernel_size = 1 << 30, .strides = 1, .dilation_rate = 1 << 30})}),
       {"conv2d_transpose: kernel_size 1073741824 with dilation_rate 1073741824 spans 1152921503533105153, more than "
        "the 2147483647 allowed"}},
      {"conv1d",
       Chain(Input({6, 4}), {Conv1D({.filters = 6, .strides = -2, .padding = "full", .groups = 3})}),
       {"conv1d: kernel_size must be positive, got 0", "conv1d: strides must be positive, got -2",
        "conv1d: unknown padding \"full\"; known are valid, same, causal",
        "conv1d: groups 3 must divide the input's channels 4"}},
      {"conv1d_window",
       Chain(Input({6, 4}), {Conv1D({.filters = 2, .kernel_size = 4, .dilation_rate = 2})}),
       {"conv1d: kernel_size 4 with dilation_rate 2 spans 7, which is larger than the input's steps 6"}},
      {"conv1d_rank",
       Chain(x, {Conv1D({.filters = 2, .kernel_size = 4})}),
       {"conv1d: takes sequences (n, steps, channels), got (n, 6, 6, 4)"}},
      {"pool1d",
       Chain(Input({6, 4}), {MaxPooling1D({.pool_size = -2}), AveragePooling1D({.pool_size = 7, .strides = -1})}),
       {"max_pooling1d: pool_size must be positive, got -2", "average_pooling1d: strides must be positive, got -1"}},
      {"pool1d_window",
       Chain(Input({6, 4}), {AveragePooling1D({.pool_size = 7})}),
       {"average_pooling1d: pool_size 7 is larger than the input's steps 6"}},
      {"global_pool1d_rank",
       Chain(Input({6}), {GlobalMaxPooling1D()}),
       {"global_max_pooling1d: takes sequences (n, steps, channels), got (n, 6)"}},
      {"layer_normalization",
       Chain(x, {LayerNormalization({.axis = 2, .epsilon = kNan})}),
       {"layer_normalization: epsilon must be a finite float32 number, got nan",
        "layer_normalization: axis must be the last one, 3 or -1, of (n, 6, 6, 4), got 2"}},
      {"group_normalization",
       Chain(x, {GroupNormalization(), GroupNormalization({.groups = 0})}),
       {"group_normalization: groups 32 must divide the input's channels 4",
        "group_normalization_1: groups must be positive, got 0"}},
      {"given_moments",
       Chain(x, {Normalization({.mean = {1}}), Normalization({.mean = {1, 2, 3}, .variance = {1, 2, 3}}),
                 Normalization({.mean = {kNan}, .variance = {-1}})}),
       {"normalization: needs as many numbers for mean as for variance, one or one for each channel, got 1 and 0",
        "normalization_1: has 3 means, but x is (n, 6, 6, 4)",
        "normalization_2: mean must be a finite float32 number, got nan",
        "normalization_2: variance must be at least 0, got -1"}},
      {"learnt_moments",
       Chain(x, {RandomFlip(), Normalization(), Rescaling(0.5), Normalization()}),
       {absl::StrCat("normalization: ", kLearns), absl::StrCat("normalization_1: ", kLearns)}},
      {"learnt_moments_of_numbers",
       Chain(Input({}), {Normalization()}),
       {"normalization: takes rows with channels (n, …, channels), got (n)"}},
      {"learnt_moments_of_two_inputs",
       NormalizedInputs(),
       {"normalization: learns from one input of the model, but is called with several"}},
      // Shapes
      {"cropping_too_large",
       Chain(x, {Cropping2D({{3, 3}, {2, 3}}), Cropping2D(9)}),
       {"cropping2d: cropping {3, 3} leaves nothing of the input's height 6"}},
      {"target_shape",
       Chain(x, {Reshape({5, -1})}),
       {"reshape: target_shape (5, -1) does not fit rows of 144 elements, (6, 6, 4)"}},
      {"target_shape_huge",
       Chain(x, {Reshape({kHuge, kHuge}), Dense({.units = 0})}),
       {"reshape: target_shape (1099511627776, 1099511627776) does not fit rows of 144 elements, (6, 6, 4)",
        "dense: units must be positive, got 0"}},
      {"permutation_rank",
       Chain(x, {Permute({2, 1})}),
       {"permute: dims (2, 1) are for 2 axes besides n, got (n, 6, 6, 4)"}},
      {"repeat_rank", Chain(x, {RepeatVector(2)}), {"repeat_vector: takes vectors (n, features), got (n, 6, 6, 4)"}},
      {"up_sampling_too_large",
       Chain(x, {UpSampling2D({.size = {1, 2'000'000'000}})}),
       {"up_sampling2d: shape [n,6,12000000000,4] has more than 2147483647 elements"}},
      {"maximum_rank",
       Chain(Input({8, 8}), {GlobalMaxPooling2D({.keepdims = true})}),
       {"global_max_pooling2d: takes images (n, height, width, channels), got (n, 8, 8)"}},
      {"input_extent",
       Chain(Input({32, -3, 3}), {Flatten()}),
       {"input_layer: every extent of its shape must be positive, got (32, -3, 3)"}},
      {"input_type",
       Chain(Input({4}, {.dtype = "float16"}), {Flatten()}),
       {"input_layer: unknown dtype \"float16\"; did you mean float32?"}},
      {"conv_rank",
       Chain(Input({8}), {Conv2D({.filters = 2, .kernel_size = 3})}),
       {"conv2d: takes images (n, height, width, channels), got (n, 8)"}},
      {"pool_rank",
       Chain(Input({8, 8}), {MaxPooling2D()}),
       {"max_pooling2d: takes images (n, height, width, channels), got (n, 8, 8)"}},
      {"average_rank",
       Chain(Input({8, 8}), {GlobalAveragePooling2D()}),
       {"global_average_pooling2d: takes images (n, height, width, channels), got (n, 8, 8)"}},
      {"dense_rank",
       Chain(Input({}), {Dense({.units = 2})}),
       {"dense: takes rows of numbers (n, …, features), got (n)"}},
      {"kernel_too_large",
       Chain(x, {Conv2D({.filters = 2, .kernel_size = {7, 3}})}),
       {"conv2d: kernel_size 7 is larger than the input's height 6"}},
      {"dilated_too_large",
       Chain(x, {Conv2D({.filters = 2, .kernel_size = {1, 3}, .dilation_rate = 3})}),
       {"conv2d: kernel_size 3 with dilation_rate 3 spans 7, which is larger than the input's width 6"}},
      {"span_overflows",
       Chain(
           x,
           {Conv2D(
               {.filters = 2, .kernel_size = {1, 2'000'000'000}, .padding = "same", .dilation_rate = 2'000'000'000})}),
       {"conv2d: kernel_size 2000000000 with dilation_rate 2000000000 spans 3999999998000000001, more than the "
        "2147483647 allowed"}},
      {"pool_too_large",
       Chain(x, {AveragePooling2D({.pool_size = 9})}),
       {"average_pooling2d: pool_size 9 is larger than the input's height 6"}},
      {"pool_zero",
       Chain(x, {MaxPooling2D({.pool_size = {2, 0}})}),
       {"max_pooling2d: pool_size must be positive, got 0"}},
      {"add_shapes",
       Model("net", {x, other}, Add({x, other})),
       {"add: adds tensors whose extents are equal or 1, got (n, 6, 6, 4) and (n, 5)"}},
      {"maximum_shapes",
       Model("net", x, Maximum({x, MaxPooling2D()(x)})),
       {"maximum: compares tensors whose extents are equal or 1, got (n, 6, 6, 4) and (n, 3, 3, 4)"}},
      {"subtract_three", Model("net", x, Subtract({x, x, x})), {"subtract: subtracts two tensors, got 3"}},
      {"average_one", Model("net", x, Average({x})), {"average: averages two or more tensors, got 1"}},
      {"multiply_guessed",
       Model("net", x, Multiply({x, Conv2D({.filters = 0, .kernel_size = 1})(x), Input({5, 6, 4})})),
       {"input_layer_1: the output depends on this input, but the model does not list it",
        "conv2d: filters must be positive, got 0",
        "multiply: multiplies tensors whose extents are equal or 1, got (n, 6, 6, 4) and (n, 5, 6, 4)"}},
      {"concatenate_shapes",
       Model("net", {x, other}, Concatenate({x, other})),
       {"concatenate: joins tensors that agree in all axes but 3, got (n, 6, 6, 4) and (n, 5)"}},
      {"concatenate_other_axes",
       Model("net", x, Concatenate({x, MaxPooling2D()(x)})),
       {"concatenate: joins tensors that agree in all axes but 3, got (n, 6, 6, 4) and (n, 3, 3, 4)"}},
      {"concatenate_samples",
       Model("net", x, Concatenate({x, x}, {.axis = 0})),
       {"concatenate: axis must lie within 1 ... 3 or -3 ... -1, got 0"}},
      {"concatenate_axis",
       Model("net", x, Concatenate({x, x}, {.axis = 4})),
       {"concatenate: axis must lie within 1 ... 3 or -3 ... -1, got 4"}},
      {"concatenate_axis_from_the_end",
       Model("net", x, Concatenate({x, x}, {.axis = std::numeric_limits<int64_t>::min()})),
       {"concatenate: axis must lie within 1 ... 3 or -3 ... -1, got -9223372036854775808"}},
      {"softmax_of_samples",
       Chain(x, {Softmax({.axis = 0})}),
       {"softmax: axis must lie within 1 ... 3 or -3 ... -1, got 0"}},
      {"softmax_axis",
       Chain(x, {Softmax({.axis = -4}), Softmax({.axis = 4})}),
       {"softmax: axis must lie within 1 ... 3 or -3 ... -1, got -4",
        "softmax_1: axis must lie within 1 ... 3 or -3 ... -1, got 4"}},
      {"softmax_of_numbers",
       Chain(Input({1}), {Reshape({}), Softmax()}),
       {"softmax: takes tensors with an axis besides n, got (n)"}},
      {"softmax_before_a_loss",
       Compiled(Chain(Input({4, 3}), {Dense({.units = 2}), Softmax({.axis = 1})}), {.loss = kSoftmaxLoss}),
       {"softmax: categorical_crossentropy takes probabilities, but the output is not a softmax; add activation "
        "softmax, "
        "or set from_logits"}},
      {"softmax_guessed",
       Chain(x, {Conv2D({.filters = 0, .kernel_size = 1}), Softmax({.axis = 1}), Dense({.units = -1})}),
       {"conv2d: filters must be positive, got 0", "dense: units must be positive, got -1"}},
      {"concatenate_none",
       Model("net", x, Concatenate({})),
       {"input_layer: is an input that the output does not depend on",
        "concatenate: joins one or more tensors, got 0"}},
      {"concatenate_many",
       Model("net", x, Concatenate(std::vector<Tensor>(257, x))),
       {"concatenate: concatenate takes 1 to 256 inputs, got 257"}},
      {"add_one", Model("net", other, Add({other})), {"add: adds two or more tensors, got 1"}},
      {"shared_shapes",
       Model("net", {x, other}, Add({shared(Flatten()(x)), shared(other)})),
       {"dense: shares its kernel (144, 3) with an earlier call, but this call needs (5, 3)"}},
      {"augment_late",
       Chain(x, {Conv2D({.filters = 2, .kernel_size = 1}), RandomTranslation({})}),
       {"random_translation: augmentation has no parameters; put it before the first layer that learns"}},
      // Models
      {"model_name",
       Model("my net", other, twin(other)),
       {"model: its name must be 1 to 128 characters of A-Z a-z 0-9 _ and start with no digit, got \"my net\""}},
      {"layer_name",
       Chain(Input({4}), {Dense({.units = 2, .name = "a/b"})}),
       {"dense: its name must be 1 to 128 characters of A-Z a-z 0-9 _ -"}},
      {"reserved_name", Chain(Input({4}), {Flatten({.name = "label"})}), {"label: the name is reserved"}},
      {"no_layers", Chain(Input({4}), {}), {"model: it has no layers"}},
      {"unlisted_input",
       Model("net", other, Add({other, Input({5})})),
       {"input_layer_1: the output depends on this input, but the model does not list it"}},
      {"unused_input",
       Model("net", {x, other}, twin(other)),
       {"input_layer: is an input that the output does not depend on"}},
      {"input_twice",
       Model("net", {other, other}, twin(other)),
       {"input_layer: is given twice as an input of the model"}},
      {"no_input",
       Model("net", twin(other), Relu(twin(other))),
       {"twin: is given as an input of the model, but is no Input()",
        "input_layer: the output depends on this input, but the model does not list it"}},
      // Training
      {"no_loss",
       Compiled(Chain(Input({4}), {Dense({.units = 2})}), {}),
       {"compile: a loss must be given; known are categorical_crossentropy, sparse_categorical_crossentropy, "
        "binary_crossentropy, mean_squared_error, mean_absolute_error, mean_absolute_percentage_error, "
        "mean_squared_logarithmic_error, huber, log_cosh, kl_divergence, hinge, squared_hinge, categorical_hinge, "
        "cosine_similarity, poisson"}},
      {"unknown_names",
       Compiled(Chain(Input({4}), {Dense({.units = 2})}),
                {.optimizer = "adaam", .loss = "mean_square_error", .metrics = {"recal"}}),
       {"compile: unknown loss \"mean_square_error\"; did you mean mean_squared_error?",
        "compile: unknown metric \"recal\"; did you mean recall?",
        "compile: unknown optimizer \"adaam\"; did you mean adam?"}},
      {"metric_twice",
       Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                {.loss = kSoftmaxLoss, .metrics = {"accuracy", "accuracy"}}),
       {"compile: the metric accuracy is named twice"}},
      {"adam_rates",
       WithOptimizer(Adam({.learning_rate = -1, .beta_1 = 1, .beta_2 = -0.5, .epsilon = 0})),
       {"compile: learning_rate must be positive, got -1", "compile: beta_1 must be at least 0 and below 1, got 1",
        "compile: beta_2 must be at least 0 and below 1, got -0.5", "compile: epsilon must be positive, got 0"}},
      {"clips",
       WithOptimizer(Nadam({.clipnorm = 1, .clipvalue = 0.5})),
       {"compile: only one of clipnorm, clipvalue and global_clipnorm may be given, got clipnorm and clipvalue"}},
      {"shared_arguments",
       WithOptimizer(RMSprop({.momentum = 2,
                              .weight_decay = -1,
                              .global_clipnorm = -2,
                              .use_ema = true,
                              .ema_momentum = 1.5,
                              .learning_rate_multipliers = {{"dens", 0.1}, {"dense", -1}, {"dense", 2}},
                              .exclude_from_weight_decay = {"bias", "bais"}})),
       {"compile: momentum must be between 0 and 1, got 2", "compile: weight_decay must be at least 0, got -1",
        "compile: global_clipnorm must be at least 0, got -2", "compile: ema_momentum must be between 0 and 1, got 1.5",
        "compile: learning_rate_multipliers: there is no layer \"dens\"; did you mean dense?",
        "compile: learning_rate_multipliers: the factor of dense must be at least 0, got -1",
        "compile: learning_rate_multipliers: the layer dense is named twice",
        "compile: exclude_from_weight_decay: no name of a trainable parameter contains \"bais\""}},
      {"multiplier_without_parameters",
       Compiled(Chain(Input({4}), {Dense({.units = 2}), Softmax()}),
                {.optimizer = SGD({.learning_rate_multipliers = {{"softmax", 0.1}}}), .loss = kSoftmaxLoss}),
       {"compile: learning_rate_multipliers: the layer softmax has no trainable parameters"}},
      {"multiplier_beside_a_mistake",
       Compiled(Chain(Input({0}), {Dense({.units = 2, .activation = "softmax"})}),
                {.optimizer = SGD({.learning_rate_multipliers = {{"other", 0.1}}}), .loss = kSoftmaxLoss}),
       {"input_layer: every extent of its shape must be positive, got (0)",
        "compile: learning_rate_multipliers: there is no layer \"other\""}},
      {"piecewise",
       WithOptimizer(SGD({.learning_rate = PiecewiseConstantDecay({})})),
       {"compile: PiecewiseConstantDecay: boundaries must not be empty",
        "compile: PiecewiseConstantDecay: there must be one value more than boundaries, got 0 and 0"}},
      {"piecewise_order",
       WithOptimizer(SGD({.learning_rate = PiecewiseConstantDecay({.boundaries = {5, 5}, .values = {1, -1, 1}})})),
       {"compile: PiecewiseConstantDecay: boundaries must ascend, got 5 after 5",
        "compile: PiecewiseConstantDecay: values/1 must be at least 0, got -1"}},
      {"decay",
       WithOptimizer(SGD({.learning_rate = ExponentialDecay({.initial_learning_rate = kNan, .decay_rate = 0.5})})),
       {"compile: ExponentialDecay: initial_learning_rate must be at least 0, got nan",
        "compile: ExponentialDecay: decay_steps must be positive, got 0"}},
      {"cosine",
       WithOptimizer(SGD({.learning_rate = CosineDecay(
                              {.initial_learning_rate = 0.1, .decay_steps = -1, .alpha = 2, .warmup_steps = 5})})),
       {"compile: CosineDecay: decay_steps must be positive, got -1",
        "compile: CosineDecay: alpha must be between 0 and 1, got 2",
        "compile: CosineDecay: warmup_steps needs a warmup_target"}},
      {"restarts",
       WithOptimizer(SGD({.learning_rate = CosineDecayRestarts(
                              {.initial_learning_rate = 0.1, .first_decay_steps = 5, .t_mul = 0.5})})),
       {"compile: CosineDecayRestarts: t_mul must be at least 1, got 0.5"}},
      {"one_cycle",
       WithOptimizer(SGD({.learning_rate = OneCycle({.max_lr = 1, .total_steps = 3, .div_factor = 0})})),
       {"compile: OneCycle: div_factor must be positive, got 0",
        "compile: OneCycle: pct_start·total_steps must be above 1 and below total_steps"}},
      {"own_schedule",
       WithOptimizer(SGD({.learning_rate = LearningRateSchedule([](Number t) { return 0.5 - t; })})),
       {"compile: learning_rate must be at least 0, but is -0.5 in the first step"}},
      {"own_schedule_operation",
       WithOptimizer(SGD({.learning_rate = LearningRateSchedule([](Number t) { return Number::Apply("tan", {t}); })})),
       {"compile: learning_rate: there is no operation \"tan\""}},
      {"own_schedule_names",
       WithOptimizer(SGD({.learning_rate = LearningRateSchedule(
                              [](Number t) { return NamedScalar("top", 1) / t + NamedScalar("top", 2); })})),
       {"compile: learning_rate/top has two values, 1 and 2"}},
      {"long_schedule",
       WithOptimizer(SGD({.learning_rate = LearningRateSchedule([](Number t) {
                            Number sum = t;
                            for (int i = 0; i < 200; ++i) sum = sum + t;
                            return sum;
                          })})),
       {"compile: learning_rate: an expression of 401 terms is longer than 256"}},
      {"sgd_rates",
       WithOptimizer(SGD({.learning_rate = kNan, .momentum = 1.5})),
       {"compile: learning_rate must be positive, got nan", "compile: momentum must be between 0 and 1, got 1.5"}},
      {"no_softmax",
       Compiled(Chain(Input({4}), {Dense({.units = 2})}), {.loss = kSoftmaxLoss}),
       {"dense: categorical_crossentropy takes probabilities, but the output is not a softmax; add activation softmax, "
        "or set "
        "from_logits"}},
      {"two_softmaxes",
       Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                {.loss = SparseCategoricalCrossentropy({.from_logits = true})}),
       {"dense: sparse_categorical_crossentropy with from_logits takes logits, but the output is a softmax; remove one "
        "of the two"}},
      {"metric_of_numbers",
       Compiled(Chain(Input({4}), {Dense({.units = 2})}), {.loss = MeanSquaredError(), .metrics = {"accuracy"}}),
       {"compile: accuracy compares classes, but the labels of mean_squared_error are numbers"}},
      {"metric_of_class_numbers",
       Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                {.loss = "sparse_categorical_crossentropy",
                 .metrics = {"categorical_accuracy", "mse", "sparse_top_k_categorical_accuracy"}}),
       {"compile: categorical_accuracy takes labels of the shape of the output, but those of "
        "sparse_categorical_crossentropy are class numbers",
        "compile: mean_squared_error takes labels of the shape of the output, but those of "
        "sparse_categorical_crossentropy are class numbers"}},
      {"metric_of_no_class_numbers",
       Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                {.loss = kSoftmaxLoss, .metrics = {SparseCategoricalCrossentropy({.ignore_class = 1})}}),
       {"compile: sparse_categorical_crossentropy takes class numbers, but a label of categorical_crossentropy has the "
        "shape of the output"}},
      {"metric_arguments",
       Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                {.loss = kSoftmaxLoss,
                 .metrics = {Precision({.thresholds = kNan, .class_id = 2}), TopKCategoricalAccuracy({.k = 0}),
                             AUC({.num_thresholds = 1, .curve = "pr"}), Recall({.name = "a b"})}}),
       {"compile: thresholds must be finite, got nan",
        "compile: precision: class_id must be below the 2 numbers of the output, got 2",
        "compile: k must be at least 1, got 0", "compile: unknown metric \"auc_pr\"; did you mean auc_PR?",
        "compile: a metric cannot be named \"a b\""}},
      {"freeze_unknown",
       Frozen(Chain(Input({4}), {Dense({.units = 2}), Dense({.units = 2})}), "dense_2"),
       {"freeze: the model has no layer \"dense_2\" so far; did you mean dense_1?"}},
      {"freeze_nothing_near",
       Frozen(Chain(Input({4}), {Dense({.units = 2}), Flatten()}), "conv\n"),
       {"freeze: the model has no layer \"conv\\n\" so far; it has dense, flatten"}},
      {"freeze_a_part", WithFrozenPart(), {"freeze: the model has no layer \"input_layer\" so far; it has dense"}},
      {"freeze_everything",
       AllFrozen(),
       {"compile: there is nothing to train: no layer that the output depends on has trainable parameters"}},
      {"freeze_too_early", FrozenBeforeItsLayers(), {"freeze: the model has no layers so far"}},
      {"metric_of_a_row",
       Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                {.loss = kSoftmaxLoss,
                 .metrics = {Precision({.top_k = 3}), Recall({.top_k = 0}),
                             Precision({.thresholds = {0.5f, 0.5f}, .name = "p"}),
                             Precision({.thresholds = {0.25f, kNan}, .top_k = 2, .class_id = -1, .name = "q"})}}),
       {"compile: precision: top_k must be at most the 2 numbers of the output, got 3",
        "compile: top_k must be at least 1, got 0", "compile: the metric p_0.5 is named twice",
        "compile: class_id must be at least 0, got -1", "compile: thresholds must be finite, got nan"}},
      {"metrics_of_numbers",
       Compiled(Chain(Input({1}), {Reshape({}), Activation("sigmoid")}),
                {.loss = "binary_crossentropy", .metrics = {Precision({.top_k = 2}), Recall({.class_id = 1})}}),
       {"compile: precision: top_k must be at most the 1 numbers of the output, got 2",
        "compile: recall: class_id must be below the 1 numbers of the output, got 1",
        "compile: there is nothing to train: no layer that the output depends on has trainable parameters"}},
      {"loss_arguments",
       Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                {.loss = CategoricalCrossentropy({.label_smoothing = 2})}),
       {"compile: label_smoothing must be between 0 and 1, got 2"}},
      {"sigmoid_missing",
       Compiled(Chain(Input({4}), {Dense({.units = 1})}), {.loss = "bce"}),
       {"dense: binary_crossentropy takes probabilities, but the output is not a sigmoid; add activation sigmoid, or "
        "set "
        "from_logits"}},
      {"ignore_class_without_sparse",
       Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                {.loss = Loss("categorical_crossentropy", {{"ignore_class", 1}})}),
       {"compile: categorical_crossentropy takes no \"ignore_class\""}},
      {"argument_unknown",
       Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                {.optimizer = {"sgd", {{"lr", 1}}}, .loss = kSoftmaxLoss}),
       {"compile: sgd takes no \"lr\""}},
      // Several outputs
      {"output_without_loss",
       Compiled(TwoOutputs(), {.loss = {{"a", MeanSquaredError()}}}),
       {"compile: no loss is given for the output b"}},
      {"output_unknown",
       Compiled(TwoOutputs(),
                {.loss = MeanSquaredError(), .metrics = {{"c", {"accuracy"}}}, .loss_weights = {{"d", 2}}}),
       {"compile: metrics: there is no output \"c\"; the model's are a, b",
        "compile: loss_weights: there is no output \"d\"; the model's are a, b"}},
      {"output_named_twice",
       Compiled(TwoOutputs(), {.loss = {{"a", MeanSquaredError()}, {"b", MeanSquaredError()}, {"a", "x"}}}),
       {"compile: loss: the output a is named twice"}},
      {"weight_not_finite",
       Compiled(TwoOutputs(), {.loss = MeanSquaredError(), .loss_weights = {{"a", kNan}}}),
       {"compile: loss_weights: a must be finite, got nan"}},
      {"label_name_taken",
       Compiled(TwoOutputs("a_label"), {.loss = MeanSquaredError()}),
       {"compile: the label of a must be called a_label, but this name is taken"}},
      {"output_twice", Model("net", other, {same, same}), {"twin: is given twice as an output of the model"}},
      {"output_is_an_input",
       Model("net", other, {twin(other), other}),
       {"input_layer: is given as an output of the model, but is an Input()"}},
      {"nothing_to_train",
       Compiled(Chain(Input({4}), {Softmax()}), {.loss = kSoftmaxLoss}),
       {"compile: there is nothing to train: no layer that the output depends on has trainable parameters"}},
      {"missing_flatten",
       Compiled(Chain(x, {MaxPooling2D(), Dense({.units = 8}), Dense({.units = 10, .activation = "softmax"})}),
                {.loss = kSoftmaxLoss}),
       {"dense_1: output is (n, 3, 3, 10), labels are (n, 3, 3, 10); is a Flatten() missing before dense? For "
        "classes of pixels, end in a Conv2D"}},
      {"missing_flatten_sparse",
       Compiled(Chain(x, {Dense({.units = 3}), MaxPooling2D(), Dense({.units = 10, .activation = "softmax"})}),
                {.loss = "sparse_categorical_crossentropy"}),
       {"dense_1: output is (n, 3, 3, 10), labels are (n, 3, 3); is a Flatten() missing before dense_1? For "
        "classes of pixels, end in a Conv2D"}},
      {"missing_flatten_no_dense",
       Compiled(Chain(x, {Conv2D({.filters = 10, .kernel_size = 6, .activation = "softmax"})}), {.loss = kSoftmaxLoss}),
       {"conv2d: output is (n, 1, 1, 10), labels are (n, 1, 1, 10); is a Flatten() missing? For classes of pixels, end "
        "in a Conv2D"}},
      // Several mistakes, of which no consequence is reported
      {"conv_then_window",
       Chain(x, {Conv2D({.filters = -1, .kernel_size = 3}), MaxPooling2D({.pool_size = {5, 1}})}),
       {"conv2d: filters must be positive, got -1", "max_pooling2d: pool_size 5 is larger than the input's height 4"}},
      {"window_guessed",
       Chain(x, {Conv2D({.filters = 2, .kernel_size = 9}), MaxPooling2D({.pool_size = 50}), Dense({.units = 0})}),
       {"conv2d: kernel_size 9 is larger than the input's height 6", "dense: units must be positive, got 0"}},
      {"rank_unknown",
       Chain(Input({8}), {Conv2D({.filters = 2, .kernel_size = 3}), MaxPooling2D(),
                          Dense({.units = -1, .activation = "x"}), Dropout(2)}),
       {"conv2d: takes images (n, height, width, channels), got (n, 8)", "dense: units must be positive, got -1",
        absl::StrCat("dense: unknown activation \"x\"; ", kActivations),
        "dropout: rate must be at least 0 and below 1, got 2"}},
      {"concatenate_guessed",
       Model("net", x, Concatenate({x, Conv2D({.filters = 0, .kernel_size = 1})(x)})),
       {"conv2d: filters must be positive, got 0"}},
      {"concatenate_behind_a_guess",
       Model("net", x, Dense({.units = -1})(Concatenate({x, Conv2D({.filters = 2, .kernel_size = 0})(x)}))),
       {"conv2d: kernel_size must be positive, got 0", "dense: units must be positive, got -1"}},
      {"add_guessed",
       Model("net", x, Add({x, Conv2D({.filters = 0, .kernel_size = 1})(x)})),
       {"conv2d: filters must be positive, got 0"}},
      {"groups_guessed",
       Chain(x, {Conv2D({.filters = 0, .kernel_size = 1}), Conv2D({.filters = 4, .kernel_size = 1, .groups = 2})}),
       {"conv2d: filters must be positive, got 0"}},
  };
}

TEST(Mistakes, EachInItsWords) {
  for (const Row& row : Rows()) {
    std::vector<std::string> actual;
    for (const std::string& line : row.model.Mistakes()) {
      const size_t end = line.find(": ");
      ASSERT_NE(end, std::string::npos) << row.name << ": " << line;
      EXPECT_EQ(line.substr(0, 17), "mistakes_test.cc:") << row.name;
      actual.push_back(line.substr(end + 2));
    }
    EXPECT_EQ(absl::StrJoin(actual, "\n"), absl::StrJoin(row.mistakes, "\n")) << row.name;
  }
}

TEST(Mistakes, SizesThatOverflowAreMistakes) {
  const int64_t large = 2'000'000'000;
  const Model too_large[] = {
      Chain(Input({large, large, 3}), {Flatten()}),
      Chain(Input({1, 1, 1, 1, 1, 1, 1, 1, 1}), {Flatten()}),
      Chain(Input({4}), {Dense({.units = large}), Dense({.units = large})}),
      Chain(Image(), {Conv2D({.filters = large, .kernel_size = large, .padding = "same"})}),
  };
  for (const Model& model : too_large) {
    const std::vector<std::string> mistakes = model.Mistakes();
    EXPECT_EQ(mistakes.size(), 1u) << absl::StrJoin(mistakes, "\n");
  }
}

// clang-format must not change the lines, which the test compares.
// clang-format off
#line 1 "examples/wrong/model.cc"
Model Wrong() {
  Sequential net("wrong", Input({32, 32, 3}));
  net.Add(Conv2D({.filters = 32, .kernel_size = 3, .activation = "rellu"}));
  net.Add(MaxPooling2D({.pool_size = 2}));
  net.Add(Dense({.units = 128, .name = "max_pooling2d_1"}));

  net.Add(Dense({.units = 10}));
  net.Add(Dense({.units = 0, .activation = "softmax"}));
  net.Add(Flatten({.name = "max_pooling2d_1"}));
  net.Compile({.optimizer = "adaam",
               .loss = "mean_square_error"});
  return net;
}
Model Functional() {
  Tensor x = Input({8});
  Tensor y = Dense({.units = 4})(x);
  Tensor sum = y
      + x;
  return Model("functional", x, sum);
}
#line 265 "mistakes_test.cc"
// clang-format on

TEST(Mistakes, AllAtOnceWithTheirLines) {
  EXPECT_EQ(absl::StrJoin(Wrong().Mistakes(), "\n"),
            "model.cc:9: max_pooling2d_1: the name is taken by the layer of model.cc:5\n"
            "model.cc:3: conv2d: unknown activation \"rellu\"; did you mean relu?\n"
            "model.cc:8: dense_1: units must be positive, got 0\n"
            "model.cc:10: compile: unknown loss \"mean_square_error\"; did you mean mean_squared_error?\n"
            "model.cc:10: compile: unknown optimizer \"adaam\"; did you mean adam?");
}

TEST(Mistakes, AnOperatorBringsItsLine) {
  EXPECT_EQ(absl::StrJoin(Functional().Mistakes(), "\n"),
            "model.cc:18: add: adds tensors whose extents are equal or 1, got (n, 4) and (n, 8)");
}

}  // namespace
}  // namespace brine
