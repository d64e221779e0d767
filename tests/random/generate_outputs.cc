// The outputs of a random model, and what it is trained for.
#include "ir/losses.h"
#include "tests/random/generator.h"

namespace brine {
namespace {

constexpr int64_t kClasses = 3;  // as in the checker, which draws the labels

}  // namespace

Tensor Generator::AddHead(const Head& head, const std::vector<Node>& branches, const std::string& name) {
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

std::vector<Node> Generator::Unread() const {
  std::vector<Node> unread;
  for (const Node& node : nodes_) {
    if (!node.read) unread.push_back(node);
  }
  return unread;
}

Model Generator::WithOneOutput() {
  Model model("random", inputs_, AddHead(heads_[0], Unread(), ""));
  model.Compile({.optimizer = AnyOptimizer(),
                 .loss = heads_[0].loss,
                 .metrics = AnyMetrics(heads_[0]),
                 .loss_weights = {{"output", heads_[0].weight}}});
  return model;
}

Model Generator::WithTwoOutputs() {
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

MetricList Generator::AnyMetrics(const Head& head) {
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

Optimizer Generator::AnyOptimizer() {
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

}  // namespace brine
