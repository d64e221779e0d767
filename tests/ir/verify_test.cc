// Violates every invariant of verify.h once, and compares the sentence and the culprit under which ^^^ is printed.
#include "ir/verify/verify.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "ir/op.h"
#include "ir/text/text.h"
#include "tests/ir/test_graphs.h"

namespace brine::ir {
namespace {

std::string FaultsOf(const Graph& graph) {
  std::string text;
  for (const Fault& fault : FindFaults(graph)) {
    EXPECT_EQ(fault.line.substr(fault.column, fault.culprit.size()), fault.culprit);
    absl::StrAppend(&text, text.empty() ? "" : "\n", fault.where, ": ", fault.sentence, " | ", fault.culprit);
  }
  return text;
}

// The text of a graph in which `from` is replaced by `to`, and the faults of the result.
struct TextRow {
  absl::string_view text, from, to, faults;  // "where: sentence | culprit", one on each line
};

constexpr TextRow kTextRows[] = {
    // The graph, its layers, and the arguments of Compile()
    {kModelText, "graph \"tiny\"", "graph \"ti ny\"",
     "graph ti ny: the graph's name must be 1 to 256 of the characters A-Z a-z 0-9 _ . / : - | \"ti ny\""},
    {kModelText, "function=model", "function=train",
     "graph tiny: function train does not go with stage graph: stage graph has function model, the others have train, "
     "evaluate or predict | function=train"},
    {kPlannedText, " batch=4", "",
     "graph tiny: a planned graph needs a batch size | graph \"tiny\" stage=planned function=train {"},
    {kFusedText, "  output \"output\" = %y\n", "",
     "graph tiny: the graph computes nothing: it has no outputs and no updates | graph \"tiny\" stage=fused "
     "function=predict batch=8 {"},
    {kModelText, "layer \"unplaced\"", "layer \"dense\"", "layer dense: the layer's name dense is taken | \"dense\""},
    {kModelText, "loc(\"model.cc\":12)", "loc(\"model.cc\\n\":12)",
     "model.cc\\n:12: the file's name is too long or holds control characters | \"model.cc\\n\":12"},
    {kModelText, "\"categorical_crossentropy\"", "\"categorical_crosentropy\"",
     "model.cc:12: unknown loss \"categorical_crosentropy\"; did you mean categorical_crossentropy? | "
     "\"categorical_crosentropy\"\n"
     "model.cc:12: categorical_crosentropy takes no from_logits | from_logits=false"},
    {kModelText, "loss \"output\"", "loss \"outputs\"",
     "model.cc:12: the graph has no output outputs; did you mean output? | \"outputs\""},
    {kModelText, "  input %x : u8",
     "  loss \"output\" = \"mean_squared_error\" weight=inf metrics=[\"accuracy\"]\n  input %x : u8",
     "model.cc:12: output output has two losses | \"output\"\nmodel.cc:12: weight must be finite, got inf | inf\n"
     "model.cc:12: accuracy compares classes, but the labels of mean_squared_error are numbers | \"accuracy\""},
    {kModelText, "  loss \"output\" = \"categorical_crossentropy\" {from_logits=false} metrics=[\"accuracy\"]\n", "",
     "model.cc:12: no output has a loss | compile optimizer=\"sgd\" {learning_rate=0.001, momentum=0.9, nesterov=true} "
     "learn"},
    {kModelText, "nesterov=true} learning_rate_multipliers=[\"conv2d\" 0.1, \"dense\" 2.0]",
     "nesterov=true, clipnorm=1.0, clipvalue=1.0} learning_rate_multipliers=[\"x\" -0.1, \"dense\" 2.0, \"dense\" 2.0]",
     "model.cc:12: only one of clipnorm, clipvalue and global_clipnorm may be given, got clipnorm and clipvalue | "
     "optimizer=\"sgd\"\nmodel.cc:12: the multiplier of x must be at least 0 | \"x\" -0.1\nmodel.cc:12: the multiplier "
     "of "
     "x is of no layer with trainable parameters | \"x\" -0.1\nmodel.cc:12: the multiplier of dense is given twice | "
     "\"dense\" 2.0"},
    {kModelText, "{from_logits=false}", "{}",
     "model.cc:12: categorical_crossentropy needs from_logits | "
     "\"categorical_crossentropy\""},
    {kModelText, "optimizer=\"sgd\"", "optimizer=\"ftrl\"",
     "model.cc:12: unknown optimizer \"ftrl\" | optimizer=\"ftrl\"\nmodel.cc:12: ftrl takes no learning_rate | "
     "learning_rate=0.001\n"
     "model.cc:12: ftrl takes no momentum | momentum=0.9\nmodel.cc:12: ftrl takes no nesterov | nesterov=true"},
    {kModelText, "learning_rate=0.001", "learning_rate=-0.001",
     "model.cc:12: learning_rate must be positive, got -0.001 | learning_rate=-0.001"},
    {kModelText, "learning_rate=0.001", "learning_rate=1",
     "model.cc:12: learning_rate must be a real number, such as 0.5 | learning_rate=1"},
    {kModelText, "momentum=0.9, ", "", "model.cc:12: sgd needs momentum | optimizer=\"sgd\""},
    {kModelText, "nesterov=true", "nesterov=0.5", "model.cc:12: nesterov must be true or false | nesterov=0.5"},
    {kModelText, "metrics=[\"accuracy\"]", "metrics=[\"accuracy\",\"recal\",\"accuracy\"]",
     "model.cc:12: unknown metric \"recal\"; did you mean recall? | \"recal\"\nmodel.cc:12: the metric accuracy is "
     "named twice | "
     "\"accuracy\""},
    {kFusedText, "  input %x",
     "  compile optimizer=\"sgd\" {learning_rate=0.1, momentum=0.0, "
     "nesterov=false}\n  loss \"output\" = \"categorical_crossentropy\" {from_logits=true} metrics=[]\n  input %x",
     "compile: compile is legal at stages graph and train only | compile optimizer=\"sgd\" {learning_rate=0.1, "
     "momentum=0.0, nesterov=false}"},

    {kResultText, "\"precision\" {class_id=1, thresholds=0.3} as \"p\"",
     "\"precision\" {class_id=-1, thresholds=1} as \"a b\"",
     "compile: class_id must be at least 0, got -1 | \"precision\" {class_id=-1, thresholds=1} as \"a b\"\n"
     "compile: thresholds must be a real number, such as 0.5 | \"precision\" {class_id=-1, thresholds=1} as \"a b\"\n"
     "compile: a metric's name must be 1 to 256 of the characters A-Z a-z 0-9 _ . / : - | \"precision\" {class_id=-1, "
     "thresholds=1} as \"a b\""},
    {kResultText, "thresholds=0.3", "thresholds=1.5",
     "compile: thresholds must be between 0 and 1, got 1.5 | \"precision\" {class_id=1, thresholds=1.5} as \"p\""},
    {kResultText, "metrics=[\"accuracy\"", "metrics=[\"p\"",
     "compile: unknown metric \"p\" | \"p\"\ncompile: the metric p is named twice | \"precision\" {class_id=1, "
     "thresholds=0.3} as \"p\""},

    // Results
    {kResultText, "div(\"weights\"", "div(t",
     "result share: a result reads sums only, not what changes from step to "
     "step | div(t, max(rows, 1e-30))"},
    {kResultText, "div(\"weights\"", "div(\"loss\"",
     "result share: loss is not a sum | div(\"loss\", max(rows, 1e-30))"},
    {kResultText, "sum 2 mul", "sum 3 mul",
     "result area: columns has 3 elements, of which the result reads 4 | mul(\"columns\", log(next(\"columns\")))"},
    {kResultText, "result \"area\"", "result \"loss\"",
     "result loss: the name loss is taken by an output or another result | \"loss\""},
    {kResultText, "output \"weights\" = %weights", "output \"weights\" = %w",
     "output weights: a sum must be f32[] or f32[k], got f32[n] | %w"},
    {kTrainText, "sub(1.0, %beta_1)\n", "sub(rows, %beta_1)\n",
     "%one_minus_beta_1: only a result reads outputs and the number of rows | sub(rows, %beta_1)"},

    // Inputs, states, outputs, updates
    {kTrainText, "%x : f32[n,16] data", "%x : i32[n,16] data",
     "%x: an input from data must be f32 or u8 with n as its first dimension, got i32[n,16] | i32[n,16]\n"
     "model.cc:9: dense: a must be f32, got i32[n,16] | matmul\n%w.grad: a must be f32, got i32[n,16] | matmul"},
    {kTrainText, "%rows : f32[] rows", "%rows : f32[1] rows",
     "%rows: an input from rows must be f32[], got f32[1] | f32[1]\n"
     "%loss: %loss is declared f32[], but div makes f32[1] | f32[]"},
    {kTrainText, "scalar 0.9\n", "scalar nan\n", "%beta_1: initial value nan is not finite | nan"},
    {kTrainText, "%adam_rate : f32[] e", "%adam_rate : u32[] e",
     "%adam_rate: an input from expression must be f32[], got u32[] | u32[]\n"
     "%w1: rate must be f32[], got u32[] | adam"},
    {kTrainText, "sub(1.0, %beta_1)\n", "sub(inf, %beta_1)\n",
     "%one_minus_beta_1: the number inf is not finite | sub(inf, %beta_1)"},
    {kTrainText, "sub(1.0, %beta_1)\n", "sub(%rows, %beta_1)\n",
     "%one_minus_beta_1: %rows is not a scalar or an expression before this one | sub(%rows, %beta_1)"},
    {kTrainText, "sub(1.0, %beta_1)\n", "sub(%adam_rate, %one_minus_beta_1)\n",
     "%one_minus_beta_1: %one_minus_beta_1 is not a scalar or an expression before this one | sub(%adam_rate, "
     "%one_minus_beta_1)"},
    {kTrainText, "state %w : f32[16,5] parameter uniform(0.5)", "state %w : f32[16,5] parameter uniform(-0.5)",
     "model.cc:9: dense: uniform's argument -0.5 is negative or not finite | uniform(-0.5)"},
    {kTrainText, "parameter uniform(0.5)", "parameter uniform(0.5, inf)",
     "model.cc:9: dense: uniform's mean inf is not finite | uniform(0.5, inf)"},
    {kTrainText, "parameter uniform(0.5)", "parameter orthogonal(0.5, 1.0)",
     "model.cc:9: dense: orthogonal has no mean | orthogonal(0.5, 1.0)"},
    {kModelText, "data_mean(0.0, %x)", "data_mean(0.0, %seed)",
     "%x_mean: data_mean: %seed is no data input | data_mean(0.0, %seed)"},
    {kModelText, "%x_mean : f32[3]", "%x_mean : f32[6]",
     "%x_mean: data_mean of %x has one number for each channel, its last axis | data_mean(0.0, %x)"},
    {kFusedText, "state %b : f32[4]", "state %b : f32[n]",
     "%b: a state's size cannot depend on n | f32[n]\n%biased: a and b do not fit each other: f32[n,4,4,4] and f32[n] "
     "| add"},
    {kTrainText, "update %w = %w1", "update %w = %loss", "%w: a state of type f32[16,5] cannot hold f32[] | %loss"},
    {kTrainText, "state %w : f32[16,5] parameter", "state %w : f32[16,5] frozen",
     "%w: %w is frozen, so nothing may update it | %w"},
    {kModelText, "  output", "  update %dense/kernel = %dense/kernel\n  output",
     "%dense/kernel: %dense/kernel is a parameter: a model updates statistics and averages only | %dense/kernel"},
    {kModelText, "f32[16,5] parameter truncated", "i32[16,5] parameter truncated",
     "%dense/kernel: a state must be f32, got i32 | i32[16,5]\nmodel.cc:9: dense: b must be f32, got i32[16,5] | "
     "matmul\n%size: x must be f32, got i32[16,5] | reduce_sum"},
    {kTrainText, "update %w = %w1", "update %x = %w1", "%x: %x is not a state | %x"},
    {kTrainText, "update %optimizer/momentum/w = %m1", "update %w = %m1", "%w: %w is updated twice | %w"},
    {kTrainText, "output \"loss\" = %loss",
     "output \"loss\" = %loss\n  output \"loss\" = %sum\n  output \"a b\" = %sum",
     "output loss: the output's name loss is taken | \"loss\"\n"
     "output a b: an output's name must be 1 to 256 of the characters A-Z a-z 0-9 _ . / : - | \"a b\""},
    {kModelText, "penalty %size", "penalty %sum", "%sum: a penalty must be f32[], got f32[5] | %sum"},
    {kTrainText, "  output \"loss\"", "  penalty %loss\n  output \"loss\"",
     "%loss: penalties are legal only until the graph has its loss | penalty %loss"},
    {kPlannedText, "  output \"loss\"", "  penalty %l\n  output \"losses\"",
     "%l: penalties are legal only until the graph has its loss | penalty %l"},

    // Nodes
    {kTrainText, "%logp = log_softmax(%logits) : f32[n,5]", "%logp = log_softmax(%logits) : f32[n,6]",
     "%logp: %logp is declared f32[n,6], but log_softmax makes f32[n,5] | f32[n,6]\n"
     "%part: a and b do not fit each other: f32[n,5] and f32[n,6] | mul\n%p: %p is declared f32[n,5], but exp makes "
     "f32[n,6] | f32[n,5]"},
    {kTrainText, "%sum = reduce_sum(%part)", "%sum = reduce_sum(%part, %x)",
     "%sum: reduce_sum takes 1 inputs, got 2 | reduce_sum"},
    {kJoinedText, "concatenate(%x) {axis=1} : f32[n,3]", "concatenate() {axis=1} : f32[n,3]",
     "%one: concatenate takes 1 to 256 inputs, got 0 | concatenate"},
    {kJoinedText, "concatenate(%one, %y)", "concatenate(%one, %y, %x)",
     "%two: %two is declared f32[n,7], but concatenate makes f32[n,10] | f32[n,7]"},
    {kTrainText, "%sum = reduce_sum(%part) {axes=[0,1]} : f32[]",
     "%sum, %more = reduce_sum(%part) {axes=[0,1]} : f32[], f32[]",
     "%sum: reduce_sum has 1 outputs, got 2 | reduce_sum"},
    {kTrainText, "batch=32", "batch=2147483647",
     "%x: shape [n,16] has more than 2147483647 elements | f32[n,16]\n%label: shape [n,5] has more than 2147483647 "
     "elements | f32[n,5]\n"
     "model.cc:9: dense: shape [n,5] has more than 2147483647 elements | f32[n,5]\n%logp: shape [n,5] has more than "
     "2147483647 elements | f32[n,5]\n"
     "%part: shape [n,5] has more than 2147483647 elements | f32[n,5]\n%p: shape [n,5] has more than 2147483647 "
     "elements | f32[n,5]\n"
     "%error: shape [n,5] has more than 2147483647 elements | f32[n,5]\n%logits.grad: shape [n,5] has more than "
     "2147483647 elements | f32[n,5]"},
    {kModelText, "width_factor=[0.0,0.5]", "width_factor=[0.0,inf]",
     "%moved: width_factor is not finite | width_factor=[0.0,inf]"},

    // Kernels
    {kFusedText, "stage=fused", "stage=train",
     "model.cc:8: conv2d: a kernel is not legal at stage train | kernel\n%y: a kernel is not legal at stage train | "
     "kernel"},
    {kFusedText, "%flat = reshape(%pool) {shape=[n,16]} : f32[n,16]",
     "%flat1 = reshape(%pool) {shape=[n,16]} : f32[n,16]\n  %flat = exp(%flat1) : f32[n,16]",
     "%flat: exp must lie in a kernel from stage fused on | exp"},
    {kFusedText, "kernel(%x, %k, %b)", "kernel(%x, %k, %k)",
     "model.cc:8: conv2d: %k is named twice | %k\n%biased: %b is not among the kernel's inputs | %b"},
    {kFusedText, "output \"output\" = %y", "output \"output\" = %conv",
     "output output: %conv lies in the body of a kernel that does not give it out | %conv"},
    {kFusedText, "kernel(%flat) <generic> {\n    %y = softmax(%flat)",
     "kernel(%conv) <generic> {\n    %y = softmax(%conv)",
     "%y: %conv lies in the body of a kernel that does not give it out | %conv\n%y: %conv lies in the body of a kernel "
     "that does not give it out | %conv\n"
     "%y: %y is declared f32[n,16], but softmax makes f32[n,4,4,4] | f32[n,16]"},

    // Placements
    {kPlannedText, "stage=planned", "stage=fused",
     "%x: places are legal at stage planned only | inputs+0\n%rate: places are legal at stage planned only | "
     "inputs+256\n"
     "%w: places are legal at stage planned only | parameters+0\n%m: places are legal at stage planned only | slots+0\n"
     "%h: places are legal at stage planned only | arena+0\n%r: places are legal at stage planned only | arena+0\n"
     "%l: places are legal at stage planned only | outputs+0\n%view: places are legal at stage planned only | arena+0\n"
     "%s: places are legal at stage planned only | arena+256\n%t: places are legal at stage planned only | arena+0\n"
     "%g: places are legal at stage planned only | gradients+0\n%w1: places are legal at stage planned only | "
     "parameters+0"},
    {kPlannedText, "f32[n,16] @inputs+0 data", "f32[n,16] data", "%x: %x has no place | %x"},
    {kPlannedText, "f32[n,4,4] @arena+256", "f32[n,4,4] @arena+260",
     "%s: offset 260 is not a multiple of 64 | arena+260"},
    {kPlannedText, "f32[n,4,4] @arena+256", "f32[n,4,4] @arena+9223372036854775744",
     "%s: offset 9223372036854775744 is too large | arena+9223372036854775744"},
    {kPlannedText, "f32[] @inputs+256", "f32[] @inputs+192",
     "%rate: %rate at inputs+192 overlaps %x at inputs+0, which is still needed | inputs+192"},
    {kPlannedText, "@slots+0", "@parameters+1024", "%m: %m must lie in slots, not in parameters | parameters+1024"},
    {kPlannedText, "@slots+0 slot", "@slots+0 statistic", "%m: %m must lie in non_trainable, not in slots | slots+0"},
    {kPlannedText, "f32[n,4,4] @arena+0", "f32[n,4,4] @arena+64",
     "%view: a view must lie where %r lies, at arena+0 | arena+64"},
    // %r is live as long as %view
    {kPlannedText, "f32[n,4,4] @arena+256", "f32[n,4,4] @arena+192",
     "%s: %s at arena+192 overlaps %r at arena+0, which is still needed | arena+192"},
    // an output may overwrite an input only if both have the same bytes …
    {kPlannedText, "f32[] @outputs+0", "f32[] @arena+64",
     "%r: %l at arena+64 overlaps %r at arena+0, which is still needed | arena+64"},
    // … and nothing reads the input later
    {kPlannedText, "kernel(%view) <generic> {\n    %s = exp(%view)",
     "kernel(%view, %h) <generic> {\n    %s = exp(%view)",
     "%r: %r at arena+0 overlaps %h at arena+0, which is still needed | arena+0"},
    {kPlannedText, "f32[16,16] @gradients+0", "f32[16,16] @parameters+2048",
     "%g: a kernel cannot write to parameters, but for the place of a state that it updates | parameters+2048"},
    {kPlannedText, "f32[16,16] @parameters+0\n  update", "f32[16,16] @arena+2048\n  update",
     "%w: %w1 must lie where %w lies, at parameters+0 | %w1"},
    {kPlannedText, "\n  update %w = %w1",
     "\n  %late = kernel(%w) <generic> {\n    %late = exp(%w) : f32[16,16]\n  } : f32[16,16] @arena+4096\n  update %w "
     "= %w1",
     "%w: %w is read after %w1 overwrote it | %w\n%late: a kernel that updates no state follows one that does | "
     "kernel"},
    {kPlannedText, "%l = reduce_sum(%h) {axes=[0,1]} : f32[]\n",
     "%inner = neg(%h) : f32[n,16] @arena+0\n    %l = reduce_sum(%inner) {axes=[0,1]} : f32[]\n",
     "%inner: a value that stays inside a kernel has no place | arena+0"},
};

TEST(Verify, EachViolationInATextIsReported) {
  for (const TextRow& row : kTextRows) {
    ASSERT_NE(row.text.find(row.from), absl::string_view::npos) << row.from;
    std::string text(row.text);
    text.replace(text.find(std::string(row.from)), row.from.size(), std::string(row.to));
    const auto graphs = Parse(text, "t.ir");
    ASSERT_TRUE(graphs.ok()) << graphs.status().message();
    EXPECT_EQ(FaultsOf(graphs->front()), std::string(row.faults)) << row.to;
  }
}

// An edit of a graph in memory that no text can express, and the faults of the result.
struct EditRow {
  absl::string_view text;
  std::function<void(Graph&)> edit;
  absl::string_view faults;
};

TEST(Verify, EachViolationMadeInMemoryIsReported) {
  const EditRow rows[] = {
      {kTrainText, [](Graph& graph) { std::swap(graph.nodes[0], graph.nodes[1]); },
       "%logp: %logits is read before it is defined | %logits"},
      // a cycle: %logits reads what is computed from it
      {kTrainText, [](Graph& graph) { graph.nodes[0].inputs[0] = graph.nodes[1].outputs[0]; },
       "model.cc:9: dense: %logp is read before it is defined | %logp"},
      {kTrainText, [](Graph& graph) { graph.nodes[1].outputs = graph.nodes[0].outputs; },
       "%logits: %logits is defined twice | %logits\n%part: %logp is read before it is defined | %logp\n%p: %logp is "
       "read before it is defined | %logp"},
      {kTrainText, [](Graph& graph) { graph.value(graph.nodes[1].outputs[0]).name = "logits"; },
       "%logits: the name %logits is taken by another value | %logits"},
      {kTrainText, [](Graph& graph) { graph.values[0].name = "x y"; },
       "%x y: a value's name must be 1 to 256 of the characters A-Z a-z 0-9 _ . / : - | %x y"},
      {kTrainText, [](Graph& graph) { graph.nodes[4].inputs[0] = ValueId{1000}; },
       "%minus: there is no value 1000 | %?1000"},
      {kTrainText, [](Graph& graph) { graph.inputs[2].value = kNoValue; },
       "%?-1: there is no value -1 | %?-1\n%loss: %rows is read before it is defined | %rows\n%logits.grad: %rows is "
       "read before it is defined | %rows"},
      {kTrainText, [](Graph& graph) { graph.updates[0].state = ValueId{1000}; },
       "%?1000: %?1000 is not a state | %?1000"},
      {kTrainText, [](Graph& graph) { graph.outputs[0].value = ValueId{-5}; },
       "output loss: there is no value -5 | %?-5"},
      {kTrainText,
       [](Graph& graph) {
         graph.nodes[3].attributes = {{"axes", 1.5}, {"keep_dims", false}};
       },
       "%sum: axes has the wrong kind of value | axes=1.5"},
      {kTrainText, [](Graph& graph) { graph.nodes[3].attributes = {}; },
       "%sum: reduce_sum needs the attribute axes | reduce_sum\n"
       "%sum: reduce_sum needs the attribute keep_dims | reduce_sum"},
      {kTrainText, [](Graph& graph) { graph.nodes[4].attributes.Set("axis", int64_t{1}); },
       "%minus: neg has no attribute axis | axis=1"},
      {kTrainText, [](Graph& graph) { graph.nodes[4].region = "generic"; },
       "%minus: only a kernel has a region, sparse inputs, scratch and a body | neg"},
      {kTrainText, [](Graph& graph) { graph.nodes[0].locations[0].line = -1; },
       "model.cc:-1: dense: line -1 is negative | \"model.cc\":-1 \"dense\""},
      {kTrainText, [](Graph& graph) { graph.batch_size = -1; },
       "graph tiny: batch -1 must lie between 1 and 2147483647 | batch=-1"},
      {kTrainText, [](Graph& graph) { graph.inputs[0].initial = 2; }, "%x: only a scalar has an initial value | 2.0"},
      {kModelText,
       [](Graph& graph) {
         graph.nodes[11].attributes.Set("shape", std::vector<int64_t>{kBatch, 0});
       },
       "%flat: dimension 0 of shape is neither positive nor n | shape=[n,0]"},
      {kFusedText, [](Graph& graph) { graph.nodes[1].body[0] = graph.nodes[3]; },
       "%y: a kernel cannot hold another kernel | kernel\n%biased: %conv is read before it is defined | %conv"},
      {kFusedText, [](Graph& graph) { graph.nodes[3].body.clear(); },
       "%y: the kernel's body is empty | ...\n%y: %y is not defined in the kernel's body | %y\noutput output: %y is "
       "read before it is defined | %y"},
      {kFusedText, [](Graph& graph) { graph.nodes[3].outputs.clear(); },
       "node: the kernel has no outputs | kernel\noutput output: %y lies in the body of a kernel that does not give it "
       "out | %y"},
      {kFusedText, [](Graph& graph) { graph.nodes[1].outputs.push_back(graph.nodes[1].outputs[0]); },
       "model.cc:8: conv2d: %pool is named twice | %pool"},
      {kFusedText, [](Graph& graph) { graph.nodes[1].scratch_bytes = -64; },
       "model.cc:8: conv2d: scratch of -64 bytes must lie between 0 and 2147483647 | scratch=-64"},
      {kFusedText, [](Graph& graph) { graph.nodes[1].region = "no word"; },
       "model.cc:8: conv2d: a region's name must be one word | no word"},
      {kFusedText, [](Graph& graph) { graph.nodes[1].attributes.Set("a", true); },
       "model.cc:8: conv2d: a kernel has no attributes | kernel"},
      {kPlannedText, [](Graph& graph) { graph.values[0].placement->offset = -64; },
       "%x: offset -64 is not a multiple of 64 | inputs+-64"},
  };
  for (const EditRow& row : rows) {
    Graph graph = ReadGraph(row.text);
    row.edit(graph);
    EXPECT_EQ(FaultsOf(graph), std::string(row.faults));
  }
}

TEST(Verify, ShowsTheLine) {
  std::string text(kPlannedText);
  text = absl::StrReplaceAll(text, {{"f32[n,4,4] @arena+256", "f32[n,4,4] @arena+64"}, {"@slots+0", "@slots+1"}});
  text = absl::StrReplaceAll(text, {{"@slots+1", "@slots+64"}});
  EXPECT_EQ(Verify(Parse(text, "t.ir")->front()).message(),
            "%s: %s at arena+64 overlaps %r at arena+0, which is still needed\n"
            "    %s = kernel(%view) <generic> { ... } : f32[n,4,4] @arena+64\n"
            "                                                       ^^^^^^^^");
}

TEST(Verify, CutsLongLines) {
  std::string values = "1.0";
  for (int count = 1; count < 1000; ++count) values += ",1.0";
  const std::string text = absl::StrCat("graph \"g\" { %c = constant() {dtype=\"f32\", shape=[1000], values=[", values,
                                        "]} : f32[999] output \"c\" = %c }");
  const std::vector<Fault> faults = FindFaults(Parse(text, "t.ir")->front());
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_LT(faults[0].line.size(), 300u);
  EXPECT_EQ(faults[0].line.substr(faults[0].column), "f32[999]");
}

// A pass may leave a value that nothing mentions any more.  This is no fault, since the text does not have the value
// either.
TEST(Verify, AcceptsValuesThatNothingMentions) {
  Graph graph = ReadGraph(kTrainText);
  graph.AddValue("forgotten", {DType::kF32, {0}});
  EXPECT_EQ(FaultsOf(graph), "");
}

TEST(Verify, StopsAtAThousandFaults) {
  std::string text = "graph \"g\" {\n";
  for (int node = 0; node < 5000; ++node)
    absl::StrAppend(&text, "%v", node, " = constant() {dtype=\"f32\", shape=[], values=[0.0]} : u8[]\n");
  EXPECT_EQ(FindFaults(Parse(text + "}", "t.ir")->front()).size(), 1000u);
}

}  // namespace
}  // namespace brine::ir
