// Tests a model from a file with states of every role: a frozen layer, a mean that the model updates and reads outside
// training, and an average of a parameter.  Tests states that are learnt from the data, and penalties on states.
#include <gmock/gmock.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/json.h"
#include "tests/e2e/project.h"
#include "tests/e2e/saved_tensor.h"

namespace brine {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kModel[] = R"(graph "kinds" stage=graph function=model {
  layer "centre" Centre : f32[n,24] loc("kinds.ir":1 "centre")
  compile optimizer="adam" {learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-07}
  loss "output" = "sparse_categorical_crossentropy" {from_logits=true} metrics=["accuracy"]
  input %x : u8[n,12,12,1] data
  input %rows : f32[] rows
  state %first/kernel : f32[144,24] frozen uniform(0.2)
  state %second/kernel : f32[24,10] parameter uniform(0.3)
  state %second/bias : f32[10] parameter constant(0.0)
  state %centre/mean : f32[24] statistic constant(0.0) loc("kinds.ir":1 "centre")
  state %average/second/bias : f32[10] average constant(0.0)
  %scale = constant() {dtype="f32", shape=[], values=[0.00392156862745098]} : f32[]
  %most = constant() {dtype="f32", shape=[], values=[0.9]} : f32[]
  %rest = constant() {dtype="f32", shape=[], values=[0.1]} : f32[]
  %real = cast(%x) {to="f32"} : f32[n,12,12,1]
  %scaled = mul(%real, %scale) : f32[n,12,12,1]
  %flat = reshape(%scaled) {shape=[n,144]} : f32[n,144]
  %h = matmul(%flat, %first/kernel) : f32[n,24]
  %sum = reduce_sum(%h) {axes=[0]} : f32[24]
  %mean = div(%sum, %rows) : f32[24]
  %kept = mul(%centre/mean, %most) : f32[24]
  %new = mul(%mean, %rest) : f32[24]
  %next = add(%kept, %new) : f32[24]
  update %centre/mean = %next
  %by_batch = sub(%h, %mean) : f32[n,24]
  %by_mean = sub(%h, %centre/mean) : f32[n,24]
  %centred = in_train_phase(%by_batch, %by_mean) : f32[n,24]
  %active = relu(%centred) : f32[n,24]
  %product = matmul(%active, %second/kernel) : f32[n,10]
  %logits = add(%product, %second/bias) : f32[n,10]
  %old = mul(%average/second/bias, %most) : f32[10]
  %newer = mul(%second/bias, %rest) : f32[10]
  %average = add(%old, %newer) : f32[10]
  update %average/second/bias = %average
  output "output" = %logits
}
)";

const std::string kTrain = "brine train kinds.ir --data data --batch-size 8 --quiet ";

double Largest(const std::vector<float>& numbers) {
  double largest = 0;
  for (float number : numbers) largest = std::max(largest, std::abs(double{number}));
  return largest;
}

struct Kinds : Project {
  Kinds() { Write("kinds.ir", kModel); }
};

TEST(State, EachKindDoesItsPart) {
  const Kinds project;
  project.Run(kTrain + "--epochs 1 --save before");
  project.Run(kTrain + "--epochs 6 --save w");
  EXPECT_EQ(SavedTensor(project, "before", "first/kernel"), SavedTensor(project, "w", "first/kernel"));
  EXPECT_NE(SavedTensor(project, "before", "second/kernel"), SavedTensor(project, "w", "second/kernel"));
  EXPECT_GT(Largest(SavedTensor(project, "w", "centre/mean")), 0.1);
  EXPECT_GT(Largest(SavedTensor(project, "w", "average/second/bias")), 0.001);
  EXPECT_THAT(project.Read("w"), testing::Not(HasSubstr("momentum/first")));
  EXPECT_THAT(project.Run("brine summary kinds.ir"),
              AllOf(HasSubstr(" Total params: 3,730 "), HasSubstr(" Trainable params: 250 "),
                    HasSubstr(" Non-trainable params: 3,480 "), HasSubstr(" Optimizer state: 510 ")));
}

TEST(State, EvaluationReadsTheStatisticAndChangesNothing) {
  const Kinds project;
  const std::string said = project.Run(kTrain + "--epochs 6 --save w --checkpoint run");
  EXPECT_THAT(project.Run("brine evaluate kinds.ir --data data --init w"), testing::StartsWith(said));
  EXPECT_THAT(project.Run("brine evaluate kinds.ir --data data --checkpoint run"), testing::StartsWith(said));
  const auto accuracy = [&](const std::string& model) {
    const std::string text = project.Run("brine evaluate " + model + " --data data --init w --json");
    return Number(ParseJsonLines(text)[0], "test_accuracy");
  };
  EXPECT_GT(accuracy("kinds.ir"), 0.8);
  // Without the mean, the same weights predict no better than by chance.
  project.Write("forgets.ir",
                absl::StrReplaceAll(
                    kModel, {{"sub(%h, %centre/mean)", "sub(%h, %second)"},
                             {"  %h = ", "  %second = mul(%centre/mean, %zero) : f32[24]\n  %h = "},
                             {"  %most = ",
                              "  %zero = constant() {dtype=\"f32\", shape=[], values=[0.0]} : f32[]\n  %most = "}}));
  EXPECT_LT(accuracy("forgets.ir"), accuracy("kinds.ir"));
}

TEST(State, AResumedRunEndsWithTheSameBits) {
  const Kinds project;
  project.Run(kTrain + "--epochs 4 --save whole");
  project.Run(kTrain + "--epochs 2 --checkpoint run");
  project.Run(kTrain + "--epochs 4 --checkpoint run --resume --save resumed");
  EXPECT_EQ(project.Read("resumed"), project.Read("whole"));
}

// The file also sets the statistics, as the evaluation above shows.
TEST(State, InitTakesFrozenWeights) {
  const Kinds project;
  project.Run(kTrain + "--epochs 1 --seed 5 --save w");
  project.Run(kTrain + "--epochs 1 --seed 6 --init w --save again");
  project.Run(kTrain + "--epochs 1 --seed 6 --save other");
  EXPECT_EQ(SavedTensor(project, "again", "first/kernel"), SavedTensor(project, "w", "first/kernel"));
  EXPECT_NE(SavedTensor(project, "other", "first/kernel"), SavedTensor(project, "w", "first/kernel"));
}

TEST(State, OfThisModelIsVerified) {
  const Kinds project;
  const std::string text = project.Run("brine verify kinds.ir --batch-size 4");
  for (const char* check : {"gradients  ok", "kernels    ok", "memory     ok", "threads    ok", "resume     ok"})
    EXPECT_THAT(text, HasSubstr(check));
}

// A model with a kernel of 144×10, whose layers have these arguments.
std::string Digits(const std::string& normalization, const std::string& regularizer) {
  return absl::StrCat(
      "#include <brine.h>\nbrine::Model BuildModel() {\n  using namespace brine;\n"
      "  Sequential net(\"net\", Input({12, 12, 1}, {.dtype = \"uint8\"}));\n  net.Add(Normalization({",
      normalization, "}));\n  net.Add(Flatten());\n  net.Add(Dense({.units = 10, .activation = \"softmax\"",
      regularizer,
      "}));\n  net.Compile({.optimizer = SGD({.learning_rate = 0.01}),"
      " .loss = \"sparse_categorical_crossentropy\"});\n  return net;\n}\nBRINE_MODEL(BuildModel)\n");
}

TEST(State, ANormalizationLearnsFromTheTrainingDataBeforeTheFirstEpoch) {
  const Project project;
  project.Write("net.cc", Digits("", ""));
  const std::string train = "brine train net.cc --data data --batch-size 8 --quiet ";
  project.Run(train + "--epochs 2 --threads 1 --save one");
  project.Run(train + "--epochs 2 --threads 3 --save three");
  EXPECT_EQ(project.Read("one"), project.Read("three"));

  const std::string pixels = project.Read("data/train-images-idx3-ubyte").substr(16);
  double mean = 0, variance = 0;
  const auto count = static_cast<double>(pixels.size());
  for (char pixel : pixels) mean += static_cast<uint8_t>(pixel) / count;
  for (char pixel : pixels) variance += std::pow(static_cast<uint8_t>(pixel) - mean, 2) / count;
  const std::vector<float> learnt_mean = SavedTensor(project, "one", "normalization/mean"),
                           learnt_variance = SavedTensor(project, "one", "normalization/variance");
  ASSERT_EQ(learnt_mean.size(), 1u);
  EXPECT_FLOAT_EQ(learnt_mean[0], static_cast<float>(mean));
  EXPECT_FLOAT_EQ(learnt_variance[0], static_cast<float>(variance));

  // Steps and evaluations are those of a layer to which the numbers were given, but for rounding.
  project.Write("given.cc", Digits(absl::StrCat(".mean = {", mean, "}, .variance = {", variance, "}"), ""));
  project.Run("brine train given.cc --data data --batch-size 8 --quiet --epochs 2 --save given");
  const std::vector<float> kernel = SavedTensor(project, "one", "dense/kernel"),
                           given = SavedTensor(project, "given", "dense/kernel");
  for (size_t i = 0; i < kernel.size(); ++i) ASSERT_NEAR(kernel[i], given[i], 1e-4) << i;

  project.Run(train + "--epochs 1 --checkpoint run");
  project.Run(train + "--epochs 2 --checkpoint run --resume --save resumed");
  EXPECT_EQ(project.Read("resumed"), project.Read("one"));
}

TEST(State, PenaltiesArePartOfTheLossThatIsReported) {
  const Project project;
  project.Write("plain.cc", Digits(".mean = {100}, .variance = {4000}", ""));
  project.Write("penalized.cc", Digits(".mean = {100}, .variance = {4000}",
                                       ", .kernel_regularizer = L1L2({.l1 = 1e-3f, .l2 = 0.25f})"));
  project.Run("brine train penalized.cc --data data --batch-size 8 --quiet --epochs 1 --save w");
  double penalty = 0;
  for (float weight : SavedTensor(project, "w", "dense/kernel"))
    penalty += 1e-3 * std::abs(double{weight}) + 0.25 * double{weight} * double{weight};
  const auto loss = [&](const std::string& model) {
    const std::string text = project.Run("brine evaluate " + model + " --data data --batch-size 8 --init w --json");
    return Number(ParseJsonLines(text)[0], "test_loss");
  };
  EXPECT_GT(penalty, 0.1);
  EXPECT_NEAR(loss("penalized.cc") - loss("plain.cc"), penalty, 1e-5);
}

// What was trained can be frozen as a whole, for example to be a part of another model.
TEST(State, AModelThatIsFrozenAsAWholeIsEvaluatedAndNotTrained) {
  const Project project;
  project.Run("brine train digits.cc --data data --quiet --save w");
  std::string frozen = project.Read("digits.cc");
  frozen.replace(frozen.find("  net.Compile"), 0, "  net.Freeze();\n");
  project.Write("frozen.cc", frozen);
  const auto evaluate = [&](const std::string& model) {
    return project.Run("brine evaluate " + model + " --data data --init w --json");
  };
  EXPECT_EQ(evaluate("frozen.cc"), evaluate("digits.cc"));
  for (const char* command : {"train", "bench"}) {
    const CommandResult result = project.Try(absl::StrCat("brine ", command, " frozen.cc --data data"));
    EXPECT_EQ(result.code, 3);
    EXPECT_EQ(result.err,
              absl::StrCat("frozen.cc: all of its weights are frozen, so there is nothing to ", command, "\n"));
  }
  EXPECT_EQ(project.Try("brine verify frozen.cc").err,
            "frozen.cc: all of its weights are frozen, so there is no training step to verify\n");
  EXPECT_THAT(project.Run("brine summary frozen.cc"), HasSubstr("digits"));
  project.Run("brine compile frozen.cc -o frozen");
  const CommandResult result = project.Try("./frozen train --data data");
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.err, "error: digits was not compiled for training\n");
}

}  // namespace
}  // namespace brine
