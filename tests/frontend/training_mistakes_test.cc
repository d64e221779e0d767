// Tests the mistakes in what a model is trained for: losses, metrics, optimizers and what is frozen, by their words.
#include "gtest/gtest.h"
#include "tests/frontend/mistakes.h"

namespace brine {
namespace {

// A model that ends in softmax, as the loss needs.
Model WithOptimizer(Optimizer optimizer) {
  return Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                  {.optimizer = std::move(optimizer), .loss = kSoftmaxLoss});
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

TEST(Mistakes, OfTraining) {
  const Tensor other = Input({5});
  ExpectMistakes(
      {
          {"no_loss",
           Compiled(Chain(Input({4}), {Dense({.units = 2})}), {}),
           {"compile: a loss must be given; known are categorical_crossentropy, sparse_categorical_crossentropy, "
            "binary_crossentropy, bce, mean_squared_error, mse, mean_absolute_error, mae, "
            "mean_absolute_percentage_error, mape, mean_squared_logarithmic_error, msle, huber, log_cosh, "
            "kl_divergence, kld, hinge, squared_hinge, categorical_hinge, cosine_similarity, poisson"}},
          {"unknown_names",
           Compiled(Chain(Input({4}), {Dense({.units = 2})}),
                    {.optimizer = "adaam", .loss = "mean_square_error", .metrics = {"recal"}}),
           {"compile: unknown loss \"mean_square_error\"; did you mean mean_squared_error?",
            "compile: unknown metric \"recal\"; did you mean recall?",
            "compile: unknown optimizer \"adaam\"; did you mean adam?"}},
          {"unknown_short_names",
           Compiled(Chain(Input({4}), {Dense({.units = 2})}), {.loss = "msee", .metrics = {"acx", "maee"}}),
           {"compile: unknown loss \"msee\"; did you mean mse?", "compile: unknown metric \"acx\"; did you mean acc?",
            "compile: unknown metric \"maee\"; did you mean mae?"}},
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
            "compile: global_clipnorm must be at least 0, got -2",
            "compile: ema_momentum must be between 0 and 1, got 1.5",
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
           WithOptimizer(
               SGD({.learning_rate = LearningRateSchedule([](Number t) { return Number::Apply("tan", {t}); })})),
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
           {"dense: categorical_crossentropy takes probabilities, but the output is not a softmax; add activation "
            "softmax, "
            "or set "
            "from_logits"}},
          {"two_softmaxes",
           Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                    {.loss = SparseCategoricalCrossentropy({.from_logits = true})}),
           {"dense: sparse_categorical_crossentropy with from_logits takes logits, but the output is a softmax; remove "
            "one "
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
           {"compile: sparse_categorical_crossentropy takes class numbers, but a label of categorical_crossentropy has "
            "the "
            "shape of the output"}},
          {"metric_arguments",
           Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                    {.loss = kSoftmaxLoss,
                     .metrics = {Precision({.thresholds = kNan, .class_id = 2}), TopKCategoricalAccuracy({.k = 0}),
                                 AUC({.num_thresholds = 1, .curve = "pr"}), Recall({.name = "a b"})}}),
           {"compile: thresholds must be between 0 and 1, got nan",
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
          {"freeze_too_early", FrozenBeforeItsLayers(), {"freeze: the model has no layers so far"}},
          {"freeze_a_layer_too_early",
           Frozen(Sequential("net", Input({4})), "dense"),
           {"freeze: the model has no layers so far", "model: it has no layers"}},
          {"metric_of_a_row",
           Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                    {.loss = kSoftmaxLoss,
                     .metrics = {Precision({.top_k = 3}), Recall({.top_k = 0}),
                                 Precision({.thresholds = {0.5f, 0.5f}, .name = "p"}),
                                 Precision({.thresholds = {0.25f, kNan}, .top_k = 2, .class_id = -1, .name = "q"})}}),
           {"compile: precision: top_k must be at most the 2 numbers of the output, got 3",
            "compile: top_k must be at least 1, got 0", "compile: the metric p_0.5 is named twice",
            "compile: class_id must be at least 0, got -1", "compile: thresholds must be between 0 and 1, got nan"}},
          {"metric_arguments_of_other_kinds",
           Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                    {.loss = kSoftmaxLoss,
                     .metrics = {Precision({.top_k = std::int64_t{1} << 50}),
                                 Metric(Loss("recall", {{"class_id", 0.5}, {"top_k", 1e300}}))}}),
           {"compile: precision: top_k must be at most the 2 numbers of the output, got 1125899906842624",
            "compile: class_id must be a whole number", "compile: top_k must be a whole number"}},
          {"thresholds",
           Compiled(Chain(Input({4}), {Dense({.units = 2, .activation = "softmax"})}),
                    {.loss = kSoftmaxLoss,
                     .metrics = {Precision({.thresholds = 5}), Recall({.thresholds = {0, 1, -0.5}, .top_k = 1}),
                                 Recall({.top_k = 1, .name = "r"})}}),
           {"compile: thresholds must be between 0 and 1, got 5",
            "compile: thresholds must be between 0 and 1, got -0.5"}},
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
           {"dense: binary_crossentropy takes probabilities, but the output is not a sigmoid; add activation sigmoid, "
            "or "
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
      },
      "training_mistakes_test.cc");
}

TEST(Mistakes, OfSeveralOutputs) {
  const Tensor x = Image();
  const Tensor other = Input({5});
  const Layer twin = Dense({.units = 3, .name = "twin"});
  const Tensor same = twin(other);
  ExpectMistakes(
      {
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
           Compiled(Chain(x, {Conv2D({.filters = 10, .kernel_size = 6, .activation = "softmax"})}),
                    {.loss = kSoftmaxLoss}),
           {"conv2d: output is (n, 1, 1, 10), labels are (n, 1, 1, 10); is a Flatten() missing? For classes of pixels, "
            "end "
            "in a Conv2D"}},
      },
      "training_mistakes_test.cc");
}

}  // namespace
}  // namespace brine
