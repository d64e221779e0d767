// Tests the losses and the metrics against Keras's numbers in double (tests/reference), and the gradients of losses by
// central differences.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "ir/expression.h"
#include "ir/losses.h"
#include "ir/metrics.h"
#include "passes/check_gradients.h"
#include "tests/passes/pass_test_util.h"

namespace brine::passes {
namespace {

using Numbers = std::vector<double>;

// The lines of a case: the rest of each by its first word.
struct Case {
  std::map<std::string, std::string> lines;

  const std::string& operator[](const std::string& word) const { return lines.at(word); }
  Numbers NumbersOf(const std::string& word) const {
    Numbers numbers;
    std::istringstream text(lines.at(word));
    for (double number; text >> number;) numbers.push_back(number);
    return numbers;
  }
  // `"huber" {delta=0.3}` of "huber delta=0.3".
  std::string Use() const {
    std::vector<std::string> words = absl::StrSplit(lines.at("case"), ' ');
    const std::string name = words[0];
    words.erase(words.begin());
    return absl::StrCat("\"", name, "\" {", absl::StrJoin(words, ", "), "}");
  }
};

std::vector<Case> ReadCases(const std::string& file) {
  std::ifstream in(absl::StrCat(BRINE_SOURCE_DIR, "/tests/reference/", file));
  std::vector<Case> cases;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t blank = line.find(' ');
    const std::string word = line.substr(0, blank);
    if (word == "case") cases.emplace_back();
    cases.back().lines[word] = blank == std::string::npos ? "" : line.substr(blank + 1);
  }
  return cases;
}

// "[n,2,3]" of the extents of a tensor.
std::string ShapeText(const Numbers& extents) {
  std::string text = "[n";
  for (size_t axis = 1; axis < extents.size(); ++axis) absl::StrAppend(&text, ",", extents[axis]);
  return text + "]";
}

void SetTensor(const ir::Graph& graph, const std::string& name, int64_t rows, const Numbers& numbers, Tensors& given) {
  ir::Tensor<double>& tensor = given[name] = ir::MakeTensor<double>(graph.type(graph.FindValue(name)), rows);
  ASSERT_EQ(static_cast<size_t>(tensor.size()), numbers.size()) << name;
  if (ir::IsReal(tensor.dtype))
    tensor.real = numbers;
  else
    tensor.integers.assign(numbers.begin(), numbers.end());
}

// A model whose output is activation(x + w), with the loss.
ir::Graph ModelOf(const Case& row) {
  const Numbers extents = row.NumbersOf("shape");
  const std::string shape = ShapeText(extents), of_row = absl::StrReplaceAll(shape, {{"n,", ""}}),
                    activation = row["activation"];
  return GraphFrom(absl::StrCat(
      R"(graph "m" stage=train function=train batch=8 {
  compile optimizer="sgd" {learning_rate=0.1, momentum=0.0, nesterov=false}
  loss "output" = )",
      row.Use(), R"( metrics=[]
  input %x : f32)",
      shape, " data\n  state %w : f32", of_row, " parameter constant(0.0)\n  %z = add(%x, %w) : f32", shape, "\n",
      activation == "linear" ? "" : absl::StrCat("  %y = ", activation, "(%z) : f32", shape, "\n"),
      "  output \"output\" = %", activation == "linear" ? "z" : "y", "\n}\n"));
}

ir::Graph Differentiated(const Case& row) {
  ir::Graph graph = ModelOf(row);
  EXPECT_TRUE(RunOne(graph, "add-loss"));
  EXPECT_TRUE(RunOne(graph, "autodiff"));
  return graph;
}

Tensors GivenOf(const Case& row, const ir::Graph& graph, int64_t rows) {
  Tensors given = ir::HostInputs<double>(graph, 0, 0, rows);
  given["w"] = ir::MakeTensor<double>(graph.type(graph.FindValue("w")), rows);
  SetTensor(graph, "x", rows, row.NumbersOf("x"), given);
  SetTensor(graph, "label", rows, row.NumbersOf("label"), given);
  Numbers weights = row.NumbersOf("weight");
  for (double& weight : weights) weight /= static_cast<double>(rows);
  SetTensor(graph, "sample_weight", rows, weights, given);
  return given;
}

const Numbers& NumbersOfResult(const ir::Graph& graph, const Tensors& results, const std::string& name) {
  return results.at(graph.value(graph.FindValue(name)).name).real;
}

TEST(Losses, HaveTheValuesAndGradientsOfKeras) {
  std::map<std::string, int> seen;
  for (const Case& row : ReadCases("losses.txt")) {
    const auto rows = static_cast<int64_t>(row.NumbersOf("shape")[0]);
    const ir::Graph graph = Differentiated(row);
    const Tensors given = GivenOf(row, graph, rows), results = InterpretOrDie(graph, given, rows);
    // Keras's ln 2, in log_cosh, is that of float32.
    EXPECT_NEAR(NumbersOfResult(graph, results, "loss")[0], row.NumbersOf("loss")[0], 5e-9) << row["case"];
    const Numbers gradient = NumbersOfResult(graph, results, "w.grad"), expected = row.NumbersOf("gradient");
    ASSERT_EQ(gradient.size(), expected.size());
    for (size_t index = 0; index < gradient.size(); ++index)
      EXPECT_NEAR(gradient[index], expected[index], 2e-12) << row["case"] << " " << index;
    ++seen[std::string(row["case"], 0, row["case"].find(' '))];
  }
  for (const ir::Loss& loss : ir::AllLosses()) EXPECT_GT(seen[loss.name], 0) << loss.name << " has no case";
}

TEST(Losses, HaveTheGradientsOfCentralDifferences) {
  for (const Case& row : ReadCases("losses.txt")) {
    const auto rows = static_cast<int64_t>(row.NumbersOf("shape")[0]);
    const ir::Graph graph = Differentiated(row);
    const auto check = CheckGradients(graph, GivenOf(row, graph, rows), rows, 4);
    ASSERT_TRUE(check.ok()) << check.status();
    EXPECT_TRUE(check->ok()) << row["case"] << ": " << check->where << " is off by " << check->worst;
  }
}

// Whatever numbers a row of weight 0 has, the other rows' gradients do not change by a bit.
TEST(Losses, ARowOfWeightZeroLeavesNoTrace) {
  for (const Case& row : ReadCases("losses.txt")) {
    const auto rows = static_cast<int64_t>(row.NumbersOf("shape")[0]);
    const ir::Graph graph = Differentiated(row);
    Tensors given = GivenOf(row, graph, rows);
    given["sample_weight"].real[1] = 0;
    if (row["case"].find("ignore_class=1") != std::string::npos) continue;  // what is ignored depends on the labels
    const Numbers before = NumbersOfResult(graph, InterpretOrDie(graph, given, rows), "w.grad");
    std::vector<double>& x = given["x"].real;
    const size_t each = x.size() / static_cast<size_t>(rows);
    for (size_t index = each; index < 2 * each; ++index) x[index] = index % 2 == 0 ? 80 : -80;
    const Numbers after = NumbersOfResult(graph, InterpretOrDie(graph, given, rows), "w.grad");
    EXPECT_EQ(before, after) << row["case"];
  }
}

// Logits so large that probabilities are rounded to 0 and 1, and probabilities and numbers at the limits.
TEST(Losses, AreFiniteAtTheEdges) {
  for (const Case& row : ReadCases("losses.txt")) {
    const auto rows = static_cast<int64_t>(row.NumbersOf("shape")[0]);
    const ir::Graph graph = Differentiated(row);
    Tensors given = GivenOf(row, graph, rows);
    for (const double size : {0.0, 1.0, 1000.0}) {
      std::vector<double>& x = given["x"].real;
      const bool is_negative_legal = row["case"] != "poisson";
      for (size_t index = 0; index < x.size(); ++index) x[index] = index % 2 == 0 && is_negative_legal ? -size : size;
      const Tensors results = InterpretOrDie(graph, given, rows);
      for (const std::string name : {"loss", "w.grad"}) {
        for (const double number : NumbersOfResult(graph, results, name))
          EXPECT_TRUE(std::isfinite(number)) << row["case"] << " " << name << " for " << size;
      }
    }
  }
}

// ---- Metrics

// A model whose output is its input, with the loss and the metric of the case.
ir::Graph EvaluateOf(const Case& row) {
  const std::string loss = row["loss"], shape = ShapeText(row.NumbersOf("shape"));
  const bool has_logits = loss.find("crossentropy") != std::string::npos;
  ir::Graph graph = GraphFrom(absl::StrCat(
      R"(graph "m" stage=train function=evaluate batch=8 {
  compile optimizer="sgd" {learning_rate=0.1, momentum=0.0, nesterov=false}
  loss "output" = ")",
      loss, "\" {", has_logits ? "from_logits=true" : "", "} metrics=[", row.Use(), "]\n  input %y : f32", shape,
      " data\n  output \"output\" = %y\n}\n"));
  EXPECT_TRUE(RunOne(graph, "add-loss"));
  return graph;
}

// The result, or the mean, that is called `name`, over the batches of the case.
double ResultOf(const Case& row, const ir::Graph& graph, const std::string& name) {
  std::vector<Numbers> sums(graph.outputs.size());
  int64_t begin = 0;
  const Numbers y = row.NumbersOf("y"), label = row.NumbersOf("label");
  const auto all = static_cast<int64_t>(row.NumbersOf("shape")[0]);
  for (const double batch : row.NumbersOf("batches")) {
    const auto rows = static_cast<int64_t>(batch);
    Tensors given = ir::HostInputs<double>(graph, 0, 0, rows);
    const auto set = [&](const char* input, const Numbers& numbers) {
      const auto each = static_cast<int64_t>(numbers.size()) / all;
      SetTensor(graph, input, rows, {numbers.begin() + begin * each, numbers.begin() + (begin + rows) * each}, given);
    };
    set("y", y);
    set("label", label);
    const Tensors results = InterpretOrDie(graph, given, rows);
    for (size_t index = 0; index < sums.size(); ++index) {
      const ir::Output& output = graph.outputs[index];
      const Numbers& numbers = results.at(graph.value(output.value).name).real;
      sums[index].resize(numbers.size());
      for (size_t element = 0; element < numbers.size(); ++element)
        sums[index][element] += numbers[element] * (output.is_sum ? 1 : batch);
    }
    begin += rows;
  }
  for (const ir::Result& result : graph.results) {
    if (result.name != name) continue;
    return ir::Evaluate(result, begin, [&](int32_t output, int64_t index) {
      const Numbers& sum = sums[static_cast<size_t>(output)];
      return sum[sum.size() == 1 ? 0 : static_cast<size_t>(index)];
    });
  }
  for (size_t index = 0; index < sums.size(); ++index) {
    if (graph.outputs[index].name == name) return sums[index][0] / static_cast<double>(begin);
  }
  return NAN;
}

TEST(Metrics, HaveTheResultsOfKerasOverAnEpochWithAPartialBatch) {
  std::map<std::string, int> seen;
  for (const Case& row : ReadCases("metrics.txt")) {
    const std::string name(row["case"], 0, row["case"].find(' '));
    const ir::Graph graph = EvaluateOf(row);
    EXPECT_TRUE(ir::Verify(graph).ok()) << ir::Verify(graph);
    // Keras's thresholds and counts are float32, but all of its numbers here are far from a threshold.
    EXPECT_NEAR(ResultOf(row, graph, name), row.NumbersOf("result")[0], 1e-6) << row["case"];
    ++seen[name];
  }
  for (const ir::Metric& metric : ir::AllMetrics()) {
    const bool is_loss = ir::FindLoss(metric.name) != nullptr;
    EXPECT_TRUE(is_loss || seen[metric.name] > 0) << metric.name << " has no case";
  }
}

// Each metric but those that measure a distance.
TEST(Metrics, KnowWhatIsBetter) {
  for (const ir::Metric& metric : ir::AllMetrics()) {
    const bool is_distance = metric.name == "root_mean_squared_error" ||
                             (ir::FindLoss(metric.name) != nullptr && metric.name != "cosine_similarity");
    EXPECT_EQ(metric.better, is_distance ? ir::Better::kSmaller : ir::Better::kLarger) << metric.name;
  }
  ir::Training training;
  training.objectives = {{"a", "mse", {}, 1, {{"precision", {}, "p_0.5"}, {"mae", {}, "mae"}}}};
  EXPECT_EQ(ir::BetterOf(training, "loss"), ir::Better::kSmaller);
  EXPECT_EQ(ir::BetterOf(training, "p_0.5"), ir::Better::kLarger);
  EXPECT_EQ(ir::BetterOf(training, "mae"), ir::Better::kSmaller);
  EXPECT_EQ(ir::BetterOf(training, "precision"), ir::Better::kUnknown);
  training.objectives.push_back({"b", "mse", {}, 1, {{"accuracy", {}, "accuracy"}}});
  EXPECT_EQ(ir::BetterOf(training, "loss"), ir::Better::kSmaller);
  EXPECT_EQ(ir::BetterOf(training, "b_loss"), ir::Better::kSmaller);
  EXPECT_EQ(ir::BetterOf(training, "a_p_0.5"), ir::Better::kLarger);
  EXPECT_EQ(ir::BetterOf(training, "b_accuracy"), ir::Better::kLarger);
  EXPECT_EQ(ir::BetterOf(training, "accuracy"), ir::Better::kUnknown);
}

// The output has one number in each row, and no axis for it.
TEST(Metrics, ARowMayBeANumber) {
  for (const char* use : {"precision class_id=0 thresholds=0.5", "precision thresholds=0.5 top_k=1"}) {
    Case row;
    row.lines = {{"case", use},      {"loss", "binary_crossentropy"}, {"shape", "4"},
                 {"batches", "3 1"}, {"y", "0.9 0.8 0.7 0.1"},        {"label", "1 0 1 1"}};
    EXPECT_EQ(ResultOf(row, EvaluateOf(row), "precision"), 2.0 / 3) << use;
  }
}

// The precision of an epoch is not the mean of the precisions of its batches.
TEST(Metrics, APrecisionIsThatOfAllBatches) {
  Case row;
  row.lines = {
      {"case", "precision thresholds=0.5"}, {"loss", "binary_crossentropy"}, {"shape", "5 1"}, {"batches", "1 4"},
      {"y", "0.9 0.8 0.7 0.6 0.1"},         {"label", "1 0 0 1 1"}};
  EXPECT_EQ(ResultOf(row, EvaluateOf(row), "precision"), 0.5);  // of batches: 1 and 1 / 3
}

TEST(Metrics, OfALossMaskWhatItIgnores) {
  Case row;
  row.lines = {{"case", "sparse_categorical_crossentropy from_logits=true ignore_class=7"},
               {"loss", "sparse_categorical_crossentropy"},
               {"shape", "3 2"},
               {"batches", "2 1"},
               {"y", "0 0 0 1 5 9"},
               {"label", "0 7 1"}};
  const double expected = (std::log(2) + std::log(1 + std::exp(-4.0))) / 2;
  EXPECT_NEAR(ResultOf(row, EvaluateOf(row), "sparse_categorical_crossentropy"), expected, 1e-12);
}

}  // namespace
}  // namespace brine::passes
