// Tests a model with two inputs and two outputs, with .npy files as data.
#include <cmath>
#include <cstring>

#include "absl/strings/str_replace.h"
#include "ir/interpret.h"
#include "ir/text/text.h"
#include "tests/e2e/json.h"
#include "tests/e2e/project.h"

namespace brine {
namespace {

constexpr int kSamples = 20, kBatch = 8, kEpochs = 2;
constexpr int kPixels = 6 * 6, kSizes = 2, kKinds = 3;

const char kModel[] = R"(#include <brine.h>
brine::Model BuildModel() {
  using namespace brine;
  Tensor image = Input({6, 6, 1}, {.dtype = "uint8", .name = "image"});
  Tensor size = Input({2}, {.name = "size"});
  Tensor seen = Conv2D({.filters = 4, .kernel_size = 3, .activation = "relu"})(Rescaling(1.0f / 255)(image));
  Tensor both = Dense({.units = 5})(Flatten()(MaxPooling2D()(seen))) + Dense({.units = 5})(size);
  Tensor kind = Dense({.units = 3, .activation = "softmax", .name = "kind"})(Relu(both));
  Tensor price = Dense({.units = 1, .name = "price"})(Relu(both));
  Model net("two_heads", {image, size}, {kind, price});
  net.Compile({.optimizer = SGD({.learning_rate = 0.05f, .momentum = 0.9f}),
               .loss = {{"kind", "sparse_categorical_crossentropy"}, {"price", "mean_squared_error"}},
               .metrics = {{"kind", {"accuracy"}}},
               .loss_weights = {{"price", 0.5f}}});
  return net;
}
BRINE_MODEL(BuildModel)
)";

// The content of the files, each of which has kSamples rows.
struct Samples {
  std::vector<uint8_t> images;
  std::vector<float> sizes, prices;
  std::vector<int32_t> kinds;

  Samples() {
    for (int sample = 0; sample < kSamples; ++sample) {
      for (int pixel = 0; pixel < kPixels; ++pixel)
        images.push_back(static_cast<uint8_t>((pixel * 37 + sample * 101 + pixel % (sample % kKinds + 1) * 60) % 256));
      for (int size = 0; size < kSizes; ++size) sizes.push_back(static_cast<float>(std::sin(sample * 0.7 + size)));
      prices.push_back(sizes[static_cast<size_t>(sample * kSizes)] * 2 + 0.5f);
      kinds.push_back(sample % kKinds);
    }
  }
};

template <typename T>
std::string Npy(const char* type, const std::string& shape, const std::vector<T>& elements) {
  std::string header = std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" +
         std::string(reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(T));
}

class TwoHeads : public testing::Test {
 protected:
  TwoHeads() {
    project_.Write("two_heads.cc", kModel);
    project_.Write("image.npy", Npy("|u1", "20, 6, 6, 1", samples_.images));
    project_.Write("size.npy", Npy("<f4", "20, 2", samples_.sizes));
    project_.Write("kind.npy", Npy("<i4", "20,", samples_.kinds));
    project_.Write("price.npy", Npy("<f4", "20, 1", samples_.prices));
  }

  // The inputs of the training step for the samples from `begin` on.
  ir::Tensors<double> Batch(const ir::Graph& graph, int begin, int rows, int64_t step) const {
    ir::Tensors<double> given = ir::HostInputs<double>(graph, 0, step, rows);
    const auto fill = [&](const char* name, std::vector<int64_t> dims, const auto& from, auto member) {
      ir::Tensor<double>& tensor = given[name];
      tensor.dtype = graph.type(graph.FindValue(name)).dtype;
      int64_t each = 1;
      for (size_t axis = 1; axis < dims.size(); ++axis) each *= dims[axis];
      tensor.dims = std::move(dims);
      (tensor.*member).assign(from.begin() + begin * each, from.begin() + (begin + rows) * each);
    };
    fill("image", {rows, 6, 6, 1}, samples_.images, &ir::Tensor<double>::integers);
    fill("size", {rows, kSizes}, samples_.sizes, &ir::Tensor<double>::real);
    fill("kind_label", {rows}, samples_.kinds, &ir::Tensor<double>::integers);
    fill("price_label", {rows, 1}, samples_.prices, &ir::Tensor<double>::real);
    return given;
  }

  const Samples samples_;
  const Project project_;
  const std::string inputs_ = " --data image=image.npy --data size=size.npy",
                    data_ = inputs_ + " --data kind_label=kind.npy --data price_label=price.npy";
};

TEST_F(TwoHeads, TrainsAsTheInterpreterDoesInDouble) {
  const std::string text = project_.Run("brine inspect two_heads.cc --stage train --function train --batch-size 8");
  const auto graphs = ir::Parse(text, "train.ir");
  ASSERT_TRUE(graphs.ok()) << graphs.status();
  const ir::Graph& graph = graphs->front();
  const std::vector<Json> epochs = ParseJsonLines(
      project_.Run("brine train two_heads.cc --batch-size 8 --epochs 2 --no-shuffle --quiet --json --save w" + data_));
  ASSERT_EQ(epochs.size(), static_cast<size_t>(kEpochs));

  ir::Tensors<double> states = ir::InitialStates<double>(graph, 0);
  int64_t step = 0;
  for (const Json& epoch : epochs) {
    std::map<std::string, double> sums;
    for (int begin = 0; begin < kSamples; begin += kBatch, ++step) {
      const int rows = std::min(kBatch, kSamples - begin);
      ir::Tensors<double> given = Batch(graph, begin, rows, step);
      given.insert(states.begin(), states.end());
      const auto results = ir::Interpret(graph, given, rows);
      ASSERT_TRUE(results.ok()) << results.status();
      for (const ir::Output& output : graph.outputs)
        sums[output.name] += results->at(graph.value(output.value).name).real[0] * rows;
      ir::ApplyUpdates(graph, *results, states);
    }
    ASSERT_EQ(sums.size(), 4u);
    for (const auto& [name, sum] : sums)
      EXPECT_NEAR(Number(epoch, name.c_str()), sum / kSamples, 1e-5 * std::abs(sum) / kSamples + 1e-7) << name;
    EXPECT_NEAR(sums["loss"], sums["kind_loss"] + 0.5 * sums["price_loss"], 1e-9);
  }
  EXPECT_LT(Number(epochs[1], "loss"), Number(epochs[0], "loss"));
}

TEST_F(TwoHeads, EvaluatesAndPredictsEachOutput) {
  project_.Run("brine train two_heads.cc --epochs 8 --quiet --save w" + data_);
  const Json result = ParseJsonLines(project_.Run("brine evaluate two_heads.cc --json --init w" + data_)).at(0);
  EXPECT_EQ(FieldNames(result).size(), 4u);
  const std::vector<Json> lines = ParseJsonLines(
      project_.Run("brine predict two_heads.cc --input image=image.npy --input size=size.npy --json --init w"));
  ASSERT_EQ(lines.size(), 2u * kSamples);
  double squares = 0, right = 0;
  for (size_t index = 0; index < kSamples; ++index) {
    const Json &kind = lines[2 * index], &price = lines[2 * index + 1];
    EXPECT_EQ(Number(price, "sample"), index);
    EXPECT_EQ(Field(price, "output").string_value(), "price");
    right += Field(kind, "class").string_value() == "class " + std::to_string(samples_.kinds[index]);
    squares += std::pow(Field(price, "values").list_value().values(0).number_value() - samples_.prices[index], 2);
  }
  EXPECT_NEAR(Number(result, "test_kind_accuracy"), right / kSamples, 1e-6);
  EXPECT_NEAR(Number(result, "test_price_loss"), squares / kSamples, 1e-5 * squares / kSamples);
  const CommandResult missing = project_.Try("brine train two_heads.cc --quiet" + inputs_);
  EXPECT_EQ(missing.code, 3);
  EXPECT_EQ(missing.err, "error: there are no data for the label kind_label\n");
}

// The model with more metrics; the predictions of another command are the yardstick.
TEST_F(TwoHeads, MetricsAreThoseOfAllSamplesAndWeightsThoseOfTheData) {
  project_.Write("measured.cc",
                 absl::StrReplaceAll(kModel, {{"{\"kind\", {\"accuracy\"}}",
                                               "{\"kind\", {Precision({.thresholds = {0.35f, 0.9f}}), AUC()}}, "
                                               "{\"price\", {RootMeanSquaredError(), \"mae\"}}"}}));
  std::vector<float> weights;
  for (int sample = 0; sample < kSamples; ++sample) weights.push_back(static_cast<float>(sample % 4) * 0.5f);
  project_.Write("weights.npy", Npy("<f4", "20,", weights));
  // The program knows that more of the AUC is better.
  project_.Run(
      "brine train measured.cc --batch-size 8 --epochs 4 --quiet --save w --monitor kind_auc --early-stopping 9" +
      data_);
  const std::vector<Json> results =
      ParseJsonLines(project_.Run("brine evaluate measured.cc --batch-size 8 --json --init w --data "
                                  "price_sample_weight=weights.npy" +
                                  data_));
  ASSERT_EQ(results.size(), 2u);  // the second line has the confusion matrix
  const std::vector<Json> lines = ParseJsonLines(
      project_.Run("brine predict measured.cc --input image=image.npy --input size=size.npy --json --init w"));
  double squares = 0, weighted = 0, sizes = 0, positives = 0, right = 0;
  for (size_t index = 0; index < kSamples; ++index) {
    const double error =
        Field(lines[2 * index + 1], "values").list_value().values(0).number_value() - samples_.prices[index];
    squares += error * error;
    weighted += weights[index] * error * error;
    sizes += std::abs(error);
    for (const auto& [name, share] : Field(lines[2 * index], "probabilities").struct_value().fields()) {
      if (share.number_value() <= 0.35) continue;
      ++positives;
      right += name == "class " + std::to_string(samples_.kinds[index]);
    }
  }
  EXPECT_NEAR(Number(results[0], "test_price_loss"), weighted / kSamples, 1e-5 * weighted / kSamples);
  EXPECT_NEAR(Number(results[0], "test_price_mae"), sizes / kSamples, 1e-5 * sizes / kSamples);
  EXPECT_NEAR(Number(results[0], "test_price_root_mean_squared_error"), std::sqrt(squares / kSamples), 1e-5);
  EXPECT_NEAR(Number(results[0], "test_kind_precision_0.35"), positives == 0 ? 0 : right / positives, 1e-9);
  EXPECT_GT(Number(results[0], "test_kind_auc"), 0);
  EXPECT_LE(Number(results[0], "test_kind_auc"), 1);
  double counted = 0;
  for (const auto& row : Field(results[1], "confusion_matrix").list_value().values()) {
    for (const auto& count : row.list_value().values()) counted += count.number_value();
  }
  EXPECT_EQ(counted, kSamples);
  const CommandResult several = project_.Try("brine train measured.cc --quiet --class-weights 0:2" + data_);
  EXPECT_EQ(several.err, "error: class weights are for models with one output, but two_heads trains 2\n");
}

TEST_F(TwoHeads, IsVerified) {
  const CommandResult result = project_.Try("brine verify two_heads.cc --batch-size 5");
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

}  // namespace
}  // namespace brine
