// The texts of graphs of the four stages, as Print writes them.  Together they have every construct of the text form.
#ifndef BRINE_TESTS_IR_TEST_GRAPHS_H_
#define BRINE_TESTS_IR_TEST_GRAPHS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "ir/graph.h"

namespace brine::ir {

inline constexpr absl::string_view kModelText = R"(graph "tiny" stage=graph function=model {
  layer "conv2d" Conv2D : f32[n,4,4,4] loc("mo\"del \303\251.cc":8)
  layer "dense" Dense : f32[n,5] loc("model.cc":9 "dense")
  layer "unplaced" Softmax : f32[n,5]
  compile optimizer="sgd" {learning_rate=0.001, momentum=0.9, nesterov=true} learning_rate_multipliers=["conv2d" 0.1, "dense" 2.0] exclude_from_weight_decay=["bias", "\"\n"] loc("model.cc":12)
  loss "output" = "categorical_crossentropy" {from_logits=false} metrics=["accuracy"]
  input %x : u8[n,6,6,3] data
  input %dropout/rate : f32[] scalar 0.25
  input %seed : u32[2] seed
  input %step : u32[2] step
  state %conv2d/kernel : f32[3,3,3,4] parameter uniform(0.30618621784789724) loc("model.cc":8 "conv2d")
  state %conv2d/bias : f32[4] parameter constant(0.0) loc("model.cc":8 "conv2d")
  state %dense/kernel : f32[16,5] parameter truncated_normal(1e-05)
  state %frozen : f32[16,5] frozen uniform(0.5)
  state %mean : f32[5] statistic constant(0.0)
  state %average : f32[16,5] average constant(0.0)
  state %x_mean : f32[3] statistic data_mean(0.0, %x)
  state %x_variance : f32[3] statistic data_variance(1.0, %x)
  %scale = constant() {dtype="f32", shape=[], values=[0.00392156862745098]} : f32[]
  %table = constant() {dtype="f32", shape=[7], values=[0.1,-0.0,3e+38,1e-45,inf,-inf,3.0]} : f32[7] loc("":0)
  %flipped = random_flip(%x, %seed, %step) {id=7, mode="horizontal"} : u8[n,6,6,3]
  %moved = random_translation(%flipped, %seed, %step) {fill_mode="wrap", height_factor=[-0.1,0.1], id=9, width_factor=[0.0,0.5]} : u8[n,6,6,3]
  %cast = cast(%moved) {to="f32"} : f32[n,6,6,3]
  %scaled = mul(%cast, %scale) : f32[n,6,6,3] loc("model.cc":7 "rescaling")
  %conv = conv2d(%scaled, %conv2d/kernel) : f32[n,4,4,4] loc("model.cc":8 "conv2d")
  %biased = add(%conv, %conv2d/bias) : f32[n,4,4,4] loc("model.cc":8 "conv2d", "model.cc":9)
  %relu = relu(%biased) : f32[n,4,4,4] loc("model.cc":8 "conv2d")
  %pool, %pool.index = max_pool(%relu) : f32[n,2,2,4], u8[n,2,2,4]
  %drop = dropout(%pool, %dropout/rate, %seed, %step) {id=11} : f32[n,2,2,4]
  %flat = reshape(%drop) {shape=[n,16]} : f32[n,16]
  %logits = matmul(%flat, %dense/kernel) : f32[n,5] loc("model.cc":9 "dense")
  %probabilities = softmax(%logits) : f32[n,5]
  %sum = reduce_sum(%probabilities) {axes=[0]} : f32[5]
  %size = reduce_sum(%dense/kernel) {axes=[0,1]} : f32[]
  update %mean = %sum
  penalty %size
  output "output" = %probabilities
}
)";

inline constexpr absl::string_view kTrainText = R"(graph "tiny" stage=train function=train batch=32 {
  input %x : f32[n,16] data
  input %label : f32[n,5] label
  input %rows : f32[] rows
  input %learning_rate : f32[] scalar 0.001
  input %beta_1 : f32[] scalar 0.9
  input %beta_2 : f32[] scalar 0.999
  input %adam_rate : f32[] expression div(mul(%learning_rate, sqrt(sub(1.0, pow(%beta_2, t)))), sub(1.0, pow(%beta_1, t)))
  input %one_minus_beta_1 : f32[] expression sub(1.0, %beta_1)
  input %one_minus_beta_2 : f32[] expression max(min(sub(1.0, %beta_2), 0.5), add(1e-30, -0.25))
  input %epsilon : f32[] scalar 1e-07
  state %w : f32[16,5] parameter uniform(0.5) loc("model.cc":9 "dense")
  state %optimizer/momentum/w : f32[16,5] slot constant(0.0)
  state %optimizer/velocity/w : f32[16,5] slot constant(0.0)
  %logits = matmul(%x, %w) : f32[n,5] loc("model.cc":9 "dense")
  %logp = log_softmax(%logits) : f32[n,5]
  %part = mul(%label, %logp) : f32[n,5]
  %sum = reduce_sum(%part) {axes=[0,1]} : f32[]
  %minus = neg(%sum) : f32[]
  %loss = div(%minus, %rows) : f32[]
  %p = exp(%logp) : f32[n,5]
  %error = sub(%p, %label) : f32[n,5]
  %logits.grad = div(%error, %rows) : f32[n,5]
  %w.grad = matmul(%x, %logits.grad) {transpose_a=true} : f32[16,5]
  %w1, %m1, %v1 = adam(%w, %w.grad, %optimizer/momentum/w, %optimizer/velocity/w, %adam_rate, %one_minus_beta_1, %one_minus_beta_2, %epsilon) : f32[16,5], f32[16,5], f32[16,5]
  update %w = %w1
  update %optimizer/momentum/w = %m1
  update %optimizer/velocity/w = %v1
  output "loss" = %loss
}
)";

inline constexpr absl::string_view kFusedText = R"(graph "tiny" stage=fused function=predict batch=8 {
  input %x : f32[n,6,6,3] data
  state %k : f32[3,3,3,4] parameter uniform(0.5)
  state %b : f32[4] parameter constant(0.0)
  %table = constant() {dtype="f32", shape=[2], values=[1.0,2.0]} : f32[2]
  %pool, %pool.index = kernel(%x, %k, %b) <conv_pool scratch=4096> {
    %conv = conv2d(%x, %k) : f32[n,4,4,4] loc("model.cc":8 "conv2d")
    %biased = add(%conv, %b) : f32[n,4,4,4]
    %pool, %pool.index = max_pool(%biased) : f32[n,2,2,4], u8[n,2,2,4]
  } : f32[n,2,2,4], u8[n,2,2,4] loc("model.cc":8 "conv2d", "model.cc":9 "max_pooling2d")
  %flat = reshape(%pool) {shape=[n,16]} : f32[n,16]
  %y = kernel(%flat) <generic> {
    %y = softmax(%flat) : f32[n,16]
  } : f32[n,16]
  output "output" = %y
}
)";

// The second kernel is the last one that reads %h, and it writes %r to the same bytes.  Later values use the arena
// again.  The last kernel updates %w in place.
inline constexpr absl::string_view kPlannedText = R"(graph "tiny" stage=planned function=train batch=4 {
  input %x : f32[n,16] @inputs+0 data
  input %rate : f32[] @inputs+256 scalar 0.1
  state %w : f32[16,16] @parameters+0 parameter uniform(0.5)
  state %m : f32[16,16] @slots+0 slot constant(0.0)
  %h = kernel(%x, %w) <matmul> {
    %h = matmul(%x, %w) : f32[n,16]
  } : f32[n,16] @arena+0
  %r, %l = kernel(%h) <elementwise> {
    %r = relu(%h) : f32[n,16]
    %l = reduce_sum(%h) {axes=[0,1]} : f32[]
  } : f32[n,16] @arena+0, f32[] @outputs+0
  %view = reshape(%r) {shape=[n,4,4]} : f32[n,4,4] @arena+0
  %s = kernel(%view) <generic> {
    %s = exp(%view) : f32[n,4,4]
  } : f32[n,4,4] @arena+256
  %t = kernel(%s) <generic> {
    %t = reshape(%s) {shape=[n,16]} : f32[n,16]
  } : f32[n,16] @arena+0
  %g = kernel(%x, %t) <matmul> {
    %g = matmul(%x, %t) {transpose_a=true} : f32[16,16]
  } : f32[16,16] @gradients+0
  %w1 = kernel(%w, %g, %rate) <optimizer> {
    %w1 = sgd(%w, %g, %rate) : f32[16,16]
  } : f32[16,16] @parameters+0
  update %w = %w1
  output "loss" = %l
}
)";

// An application of a variadic op in which one value is two operands.
inline constexpr absl::string_view kJoinedText = R"(graph "joined" stage=graph function=model {
  input %x : f32[n,3] data
  input %y : f32[n,4] data
  %one = concatenate(%x) {axis=1} : f32[n,3]
  %two = concatenate(%one, %y) {axis=1} : f32[n,7]
  %four = concatenate(%y, %x, %two, %x) {axis=1} : f32[n,17]
  output "output" = %four
}
)";

// Sums, and results that are computed from them.
inline constexpr absl::string_view kResultText = R"(graph "counted" stage=train function=train batch=4 {
  compile optimizer="sgd" {learning_rate=0.001, momentum=0.9, nesterov=true}
  loss "output" = "categorical_crossentropy" {from_logits=true} metrics=["accuracy","precision" {class_id=1, thresholds=0.3} as "p"]
  input %x : f32[n,3] data
  input %w : f32[n] weight
  %all = reduce_sum(%x) {axes=[0,1]} : f32[]
  %columns = reduce_sum(%x) {axes=[0]} : f32[3]
  %weights = reduce_sum(%w) {axes=[0]} : f32[]
  output "loss" = %all
  output "columns" = %columns sum
  output "weights" = %weights sum
  result "share" = div("weights", max(rows, 1e-30))
  result "area" = sum 2 mul("columns", log(next("columns")))
}
)";

inline const std::vector<absl::string_view>& StageTexts() {
  static const auto* const texts =
      new std::vector<absl::string_view>{kModelText, kTrainText, kFusedText, kPlannedText, kJoinedText, kResultText};
  return *texts;
}

// The first graph of a text that parses and is well formed.
Graph ReadGraph(absl::string_view text);

// Whether two lists of graphs are equal.  Values are compared by name, since their ids depend on the order in which
// they were added.
bool Same(const std::vector<Graph>& a, const std::vector<Graph>& b);

}  // namespace brine::ir

#endif  // BRINE_TESTS_IR_TEST_GRAPHS_H_
