// What all optimizers take, such as clipping, decay, averages and schedules, against formulas in double.  If gradients
// are clipped, the program does not show what they were before.  Then the reference has those of softmax regression in
// double, at the program's weights.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "codegen/driver/files.h"
#include "tests/kernel/optimizer_program.h"

namespace brine::codegen {
namespace {

struct Trained {
  std::vector<Weight> weights = std::vector<Weight>(kInputs * kClasses + kClasses);
  std::vector<double> averages = std::vector<double>(kInputs * kClasses + kClasses);
};
using Numbers = std::vector<double>;

bool IsBias(size_t element) { return element >= kInputs * kClasses; }

Numbers ExactGradients(const Batch& batch, const std::vector<float>& weights) {
  Numbers gradients(weights.size());
  for (size_t row = 0; row < kRows; ++row) {
    Numbers logits(weights.begin() + kInputs * kClasses, weights.end());
    for (size_t input = 0; input < kInputs; ++input) {
      for (size_t column = 0; column < kClasses; ++column)
        logits[column] += double{batch.x[row * kInputs + input]} * weights[input * kClasses + column];
    }
    double sum = 0;
    for (double& logit : logits) sum += logit = std::exp(logit);
    for (size_t column = 0; column < kClasses; ++column) {
      const double dy = (logits[column] / sum - (static_cast<int>(column) == batch.classes[row] ? 1 : 0)) / kRows;
      for (size_t input = 0; input < kInputs; ++input)
        gradients[input * kClasses + column] += batch.x[row * kInputs + input] * dy;
      gradients[kInputs * kClasses + column] += dy;
    }
  }
  return gradients;
}

double Norm(const Numbers& gradients, bool of_kernel, bool of_bias) {
  double squares = 0;
  for (size_t element = 0; element < gradients.size(); ++element) {
    if (IsBias(element) ? of_bias : of_kernel) squares += gradients[element] * gradients[element];
  }
  return std::sqrt(squares);
}

void Descend(Trained& trained, const Numbers& gradients, double rate) {
  for (size_t element = 0; element < gradients.size(); ++element)
    trained.weights[element].w -= rate * gradients[element];
}

void ClipByValue(Trained& trained, const Numbers& gradients, int) {
  Numbers clipped = gradients;
  for (double& g : clipped) g = std::clamp(g, -0.01, 0.01);
  Descend(trained, clipped, 0.5);
}
void ClipByNorm(Trained& trained, const Numbers& gradients, int) {
  Numbers clipped = gradients;
  for (size_t element = 0; element < clipped.size(); ++element) {
    const double norm = Norm(gradients, !IsBias(element), IsBias(element));
    if (norm > 0.05) clipped[element] *= 0.05 / norm;
  }
  Descend(trained, clipped, 0.5);
}
void ClipByGlobalNorm(Trained& trained, const Numbers& gradients, int) {
  Numbers clipped = gradients;
  for (double& g : clipped) g *= std::min(1.0, 0.1 / Norm(gradients, true, true));
  Descend(trained, clipped, 0.5);
}
void DecayWithoutBias(Trained& trained, const Numbers& gradients, int t) {
  for (size_t element = 0; element < gradients.size(); ++element) {
    Weight& weight = trained.weights[element];
    if (!IsBias(element)) weight.w -= weight.w * 0.2 * 0.01;
    Adam(weight, gradients[element], t);
  }
}
void Multiply(Trained& trained, const Numbers& gradients, int) {
  for (size_t element = 0; element < gradients.size(); ++element) {
    Weight& weight = trained.weights[element];
    const double rate = IsBias(element) ? 0.5 * 0.125 : 0.5;
    weight.w -= weight.w * 0.01 * rate;
    weight.w -= rate * gradients[element];
  }
}
void Average(Trained& trained, const Numbers& gradients, int t) {
  for (size_t element = 0; element < gradients.size(); ++element) {
    Adam(trained.weights[element], gradients[element], t);
    const double momentum = t == 1 ? 0 : 0.8;
    trained.averages[element] = momentum * trained.averages[element] + (1 - momentum) * trained.weights[element].w;
  }
}
void Everything(Trained& trained, const Numbers& gradients, int t) {
  const double rate = 0.5 / std::sqrt(t);
  for (size_t element = 0; element < gradients.size(); ++element) {
    Weight& weight = trained.weights[element];
    const double own = IsBias(element) ? rate * 0.125 : rate;
    if (!IsBias(element)) weight.w -= weight.w * 0.2 * own;
    const double g = gradients[element] * std::min(1.0, 0.1 / Norm(gradients, true, true));
    weight.first = 0.9 * weight.first - own * g;
    weight.w += weight.first;
    const double momentum = t == 1 ? 0 : 0.8;
    trained.averages[element] = momentum * trained.averages[element] + (1 - momentum) * weight.w;
  }
}
void Cosine(Trained& trained, const Numbers& gradients, int t) {
  const double pi = 3.141592653589793;
  Descend(trained, gradients, 0.5 * (1 + std::cos(pi * std::min(t - 1, 40) / 40)) / 2);
}

constexpr char kEverything[] =
    "\"sgd\" {learning_rate=0.5, momentum=0.9, nesterov=false, weight_decay=0.2, global_clipnorm=0.1, use_ema=true, "
    "ema_momentum=0.8} learning_rate_multipliers=[\"b\" 0.125] exclude_from_weight_decay=[\"bias\"]";
constexpr char kRootSchedule[] =
    "  input %learning_rate/top : f32[] scalar 0.5\n"
    "  input %learning_rate : f32[] expression div(%learning_rate/top, sqrt(t))";

struct OptionRow {
  const char *name, *optimizer, *inputs;
  void (*step)(Trained& trained, const Numbers& gradients, int t);
  bool clips = false, averages = false;
};

class OptimizerOptions : public testing::TestWithParam<OptionRow> {};

TEST_P(OptimizerOptions, FollowTheirFormulasToAMillionthOfWhatMoved) {
  OptimizerProgram program;
  const absl::Status built = program.Build(GetParam().optimizer, GetParam().inputs);
  ASSERT_TRUE(built.ok()) << built;
  Trained exact;
  std::mt19937 random(1);
  for (int t = 1; t <= kSteps; ++t) {
    const Batch batch = DrawBatch(random);
    Numbers gradients = ExactGradients(batch, program.Weights());
    const absl::Status trained = program.Train(batch);
    ASSERT_TRUE(trained.ok()) << trained;
    const std::vector<float> taken = program.Gradients();
    if (!GetParam().clips) gradients.assign(taken.begin(), taken.end());
    GetParam().step(exact, gradients, t);
  }
  Numbers wanted;
  for (const Weight& weight : exact.weights) wanted.push_back(weight.w);
  const std::vector<float> weights = program.Weights();
  double error = 0, moved = 0;
  for (size_t element = 0; element < wanted.size(); ++element) {
    error += std::pow(weights[element] - wanted[element], 2);
    moved += std::pow(wanted[element], 2);
  }
  EXPECT_GT(std::sqrt(moved), 0.05);
  EXPECT_LE(std::sqrt(error / moved), 1e-6);
  if (GetParam().averages) wanted = exact.averages;  // which prediction reads
  const Batch batch = DrawBatch(random);
  const std::vector<float> logits = program.Predict(batch);
  for (size_t row = 0; row < kRows; ++row) {
    for (size_t column = 0; column < kClasses; ++column) {
      double logit = wanted[kInputs * kClasses + column], magnitude = std::abs(logit);
      for (size_t input = 0; input < kInputs; ++input) {
        const double product = double{batch.x[row * kInputs + input]} * wanted[input * kClasses + column];
        logit += product, magnitude += std::abs(product);
      }
      EXPECT_NEAR(logits[row * kClasses + column], logit, 3e-6 * magnitude);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, OptimizerOptions,
    testing::Values(
        OptionRow{"ClipValue", "\"sgd\" {learning_rate=0.5, momentum=0.0, nesterov=false, clipvalue=0.01}", "",
                  ClipByValue, true},
        OptionRow{"ClipNorm", "\"sgd\" {learning_rate=0.5, momentum=0.0, nesterov=false, clipnorm=0.05}", "",
                  ClipByNorm, true},
        OptionRow{"GlobalClipNorm", "\"sgd\" {learning_rate=0.5, momentum=0.0, nesterov=false, global_clipnorm=0.1}",
                  "", ClipByGlobalNorm, true},
        OptionRow{"WeightDecay",
                  "\"adamw\" {learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-07, weight_decay=0.2} "
                  "exclude_from_weight_decay=[\"bias\"]",
                  "", DecayWithoutBias},
        OptionRow{"Multipliers",
                  "\"sgd\" {learning_rate=0.5, momentum=0.0, nesterov=false, weight_decay=0.01} "
                  "learning_rate_multipliers=[\"b\" 0.125]",
                  "", Multiply},
        OptionRow{"Average",
                  "\"adam\" {learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-07, use_ema=true, "
                  "ema_momentum=0.8}",
                  "", Average, false, true},
        OptionRow{"Schedule", "\"sgd\" {learning_rate=0.5, momentum=0.0, nesterov=false}",
                  "  input %learning_rate/steps : f32[] scalar 40.0\n"
                  "  input %learning_rate : f32[] expression mul(0.25, add(1.0, cos(div(mul(3.141592653589793, "
                  "min(sub(t, 1.0), %learning_rate/steps)), %learning_rate/steps))))",
                  Cosine},
        OptionRow{"Everything", kEverything, kRootSchedule, Everything, true, true}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(OptimizerPrograms, ARunThatIsResumedGoesOnWithTheSameBits) {
  const auto folder = TemporaryFolder::Create();
  ASSERT_TRUE(folder.ok()) << folder.status();
  const std::string path = folder->path() + "/checkpoint";
  OptimizerProgram whole, first, second;
  for (OptimizerProgram* program : {&whole, &first, &second}) {
    const absl::Status built = program->Build(kEverything, kRootSchedule);
    ASSERT_TRUE(built.ok()) << built;
  }
  std::mt19937 random(1);
  for (int t = 1; t <= 20; ++t) {
    const Batch batch = DrawBatch(random);
    ASSERT_TRUE(whole.Train(batch).ok());
    ASSERT_TRUE((t <= 9 ? first : second).Train(batch).ok());
    if (t != 9) continue;
    ASSERT_TRUE(first.Save(path).ok());
    ASSERT_TRUE(second.Load(path).ok());
  }
  EXPECT_EQ(whole.Variables(), second.Variables());
  EXPECT_NE(whole.Variables(), first.Variables());
}

TEST(OptimizerPrograms, AnotherScheduleCompilesNoKernel) {
  OptimizerProgram constant, root, cosine;
  ASSERT_TRUE(constant.Build("\"sgd\" {learning_rate=0.5, momentum=0.0, nesterov=false}").ok());
  ASSERT_TRUE(root.Build("\"sgd\" {learning_rate=0.5, momentum=0.0, nesterov=false}", kRootSchedule).ok());
  EXPECT_EQ(root.compiled_kernels(), 0);
  ASSERT_TRUE(cosine
                  .Build("\"sgd\" {learning_rate=0.5, momentum=0.0, nesterov=false}",
                         "  input %learning_rate : f32[] expression add(0.5, cos(t))")
                  .ok());
  EXPECT_EQ(cosine.compiled_kernels(), 0);
}

}  // namespace
}  // namespace brine::codegen
