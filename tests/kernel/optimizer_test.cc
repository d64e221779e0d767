// The optimizers as a program runs them, kernels and host scalars together, against their formulas in double, written
// here once more.  Both are given the same gradients, those of the program's own steps.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>

#include "absl/strings/str_replace.h"
#include "codegen/driver/build_program.h"
#include "codegen/driver/files.h"
#include "ir/text/text.h"
#include "runtime/core/checkpoint.h"
#include "runtime/core/layout.h"
#include "tests/kernel/compare.h"

namespace brine::codegen {
namespace {

constexpr int kSteps = 50, kRows = 32, kInputs = 19, kClasses = 7;

// Softmax regression; all weights begin at 0, so that their values are the sums of all updates.
constexpr absl::string_view kModel = R"(graph "optimizer" stage=graph function=model {
  compile optimizer=OPTIMIZER
  loss "output" = "categorical_crossentropy" {from_logits=true} metrics=[]
  input %x : f32[n,19] data
INPUTS
  state %a/kernel : f32[19,7] parameter constant(0.0)
  state %b/bias : f32[7] parameter constant(0.0)
  %product = matmul(%x, %a/kernel) : f32[n,7]
  %logits = add(%product, %b/bias) : f32[n,7]
  output "output" = %logits
})";

// One weight of an optimizer: its next value from its gradient in step t, 1 in the first.
struct Weight {
  double w = 0, first = 0, second = 0, third = 0;
};
using Formula = std::function<void(Weight& weight, double g, int t)>;

void Adam(Weight& weight, double g, int t) {
  weight.first = 0.9 * weight.first + (1 - 0.9) * g;
  weight.second = 0.999 * weight.second + (1 - 0.999) * g * g;
  const double m = weight.first / (1 - std::pow(0.9, t)), v = weight.second / (1 - std::pow(0.999, t));
  // Keras and the paper's shorter form add epsilon to the root before its correction.
  weight.w -= 0.01 * m / (std::sqrt(v) + 1e-7 / std::sqrt(1 - std::pow(0.999, t)));
}
void Amsgrad(Weight& weight, double g, int t) {
  weight.first = 0.9 * weight.first + (1 - 0.9) * g;
  weight.second = 0.8 * weight.second + (1 - 0.8) * g * g;
  weight.third = std::max(weight.third, weight.second);
  const double corrections = std::sqrt(1 - std::pow(0.8, t)) / (1 - std::pow(0.9, t));
  weight.w -= 0.01 * corrections * weight.first / (std::sqrt(weight.third) + 1e-7);
}
void Adamax(Weight& weight, double g, int t) {
  weight.first = 0.9 * weight.first + (1 - 0.9) * g;
  weight.second = std::max(0.999 * weight.second, std::abs(g));
  weight.w -= 0.01 / (1 - std::pow(0.9, t)) * weight.first / (weight.second + 1e-7);
}
// Dozat 2016, with the product of the momenta as a loop.
void Nadam(Weight& weight, double g, int t) {
  const auto momentum = [](int step) { return 0.9 * (1 - 0.5 * std::pow(0.96, step)); };
  double product = 1;
  for (int step = 1; step <= t; ++step) product *= momentum(step);
  weight.first = 0.9 * weight.first + (1 - 0.9) * g;
  weight.second = 0.999 * weight.second + (1 - 0.999) * g * g;
  const double m =
      momentum(t + 1) * weight.first / (1 - product * momentum(t + 1)) + (1 - momentum(t)) * g / (1 - product);
  weight.w -= 0.01 * m / (std::sqrt(weight.second / (1 - std::pow(0.999, t))) + 1e-7);
}
template <bool centered>
void Rmsprop(Weight& weight, double g, int) {
  weight.first = 0.9 * weight.first + (1 - 0.9) * g * g;
  weight.second = 0.9 * weight.second + (1 - 0.9) * g;
  weight.w -= 0.01 * g / std::sqrt(weight.first - (centered ? weight.second * weight.second : 0) + 1e-7);
}
template <bool centered>
void RmspropMomentum(Weight& weight, double g, int t) {
  const double before = weight.w;
  Rmsprop<centered>(weight, g, t);
  weight.third = 0.9 * weight.third + (before - weight.w);
  weight.w = before - weight.third;
}
void Adagrad(Weight& weight, double g, int t) {
  if (t == 1) weight.first = 0.1;
  weight.first += g * g;
  weight.w -= 0.1 * g / std::sqrt(weight.first + 1e-7);
}
void Adadelta(Weight& weight, double g, int) {
  weight.first = 0.95 * weight.first + (1 - 0.95) * g * g;
  const double step = -std::sqrt(weight.second + 1e-7) / std::sqrt(weight.first + 1e-7) * g;
  weight.second = 0.95 * weight.second + (1 - 0.95) * step * step;
  weight.w += 10 * step;
}
void Lion(Weight& weight, double g, int) {
  const double direction = 0.9 * weight.first + (1 - 0.9) * g;
  weight.w -= 0.01 * (direction > 0 ? 1 : direction < 0 ? -1 : 0);
  weight.first = 0.99 * weight.first + (1 - 0.99) * g;
}
void Sgd(Weight& weight, double g, int) { weight.w -= 0.1 * g; }
void Momentum(Weight& weight, double g, int) {
  weight.first = 0.9 * weight.first + g;
  weight.w -= 0.1 * weight.first;
}
void Nesterov(Weight& weight, double g, int) {
  weight.first = 0.9 * weight.first + g;
  weight.w -= 0.1 * (g + 0.9 * weight.first);
}

struct Row {
  const char *name, *optimizer;
  Formula formula;
};

// A batch: images, and the classes to which they belong.
struct Batch {
  std::vector<float> x;
  std::vector<int> classes;
};

// Draws a batch whose images of a class are alike.
Batch DrawBatch(std::mt19937& random) {
  Batch batch;
  std::normal_distribution<float> noise;
  for (int row = 0; row < kRows; ++row) {
    batch.classes.push_back(static_cast<int>(random() % kClasses));
    for (int column = 0; column < kInputs; ++column)
      batch.x.push_back(noise(random) + (column % kClasses == batch.classes.back() ? 1.0f : 0.0f));
  }
  return batch;
}

class Program {
 public:
  // `inputs` are lines of the model, such as a schedule.
  absl::Status Build(const char* optimizer, const char* inputs = "") {
    const auto graphs = ir::Parse(absl::StrReplaceAll(kModel, {{"OPTIMIZER", optimizer}, {"INPUTS", inputs}}), "model");
    if (!graphs.ok()) return graphs.status();
    const auto planned = PlanModel(graphs->front(), kRows, {});
    if (!planned.ok()) return planned.status();
    const auto toolchain = FindToolchain();
    if (!toolchain.ok()) return toolchain.status();
    const auto cache = Cache::Open(TestOptions().cache_folder);
    if (!cache.ok()) return cache.status();
    ProgramOptions options;
    options.batch_size = kRows;
    options.emit = Emit::kShared;
    const auto built = BuildProgram(*planned, options, "", *toolchain, *cache);
    if (!built.ok()) return built.status();
    compiled_kernels_ = built->compiled;
    auto folder = TemporaryFolder::Create();
    if (!folder.ok()) return folder.status();
    const std::string path = folder->path() + "/optimizer.so";
    if (const absl::Status written = WriteFile(path, built->bytes); !written.ok()) return written;
    library_.reset(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
    if (library_ == nullptr) return absl::InternalError(dlerror());
    using Table = const brine_program* (*)(void);
    const Table table = reinterpret_cast<Table>(dlsym(library_.get(), "optimizer_program"));
    if (table == nullptr) return absl::InternalError(dlerror());
    memory_.reset(std::aligned_alloc(64, (brine_state_bytes(table()) + 63) / 64 * 64));
    state_ = brine_state_init(table(), memory_.get(), 1);
    return state_ == nullptr ? absl::InternalError("the state was refused") : absl::OkStatus();
  }

  absl::Status Train(const Batch& batch) {
    const brine_function* const train = brine_find_function(brine_state_program(state_), "train");
    std::copy(batch.x.begin(), batch.x.end(), static_cast<float*>(brine_input_data(state_, train, "x")));
    float* const label = static_cast<float*>(brine_input_data(state_, train, "label"));
    for (int row = 0; row < kRows; ++row) {
      for (int column = 0; column < kClasses; ++column)
        label[row * kClasses + column] = column == batch.classes[static_cast<size_t>(row)] ? 1.0f : 0.0f;
    }
    return brine_step(state_, train, kRows) == BRINE_OK ? absl::OkStatus() : absl::InternalError(brine_error(state_));
  }

  // The logits of the batch.
  std::vector<float> Predict(const Batch& batch) {
    const brine_function* const predict = brine_find_function(brine_state_program(state_), "predict");
    std::copy(batch.x.begin(), batch.x.end(), static_cast<float*>(brine_input_data(state_, predict, "x")));
    EXPECT_EQ(brine_step(state_, predict, kRows), BRINE_OK) << brine_error(state_);
    const float* const logits = brine_output_data(state_, predict, "output");
    return {logits, logits + kRows * kClasses};
  }

  absl::Status Save(const std::string& path) {
    return brine_save(state_, path.c_str()) == BRINE_OK ? absl::OkStatus() : absl::InternalError(brine_error(state_));
  }
  absl::Status Load(const std::string& path) {
    return brine_load(state_, path.c_str()) == BRINE_OK ? absl::OkStatus() : absl::InternalError(brine_error(state_));
  }

  int compiled_kernels() const { return compiled_kernels_; }

  // All parameters, one after another, and what they were last given as their gradients.
  std::vector<float> Weights() { return Block(BRINE_PARAMETERS, state_); }
  std::vector<float> Gradients() { return Block(BRINE_GRADIENTS, state_); }
  // The content of all variables.
  std::vector<float> Variables() {
    std::vector<float> numbers;
    const brine_program& program = *brine_state_program(state_);
    for (int32_t index = 0; index < program.variable_count; ++index) {
      const float* const data = reinterpret_cast<const float*>(brine_variable_data(state_, index));
      numbers.insert(numbers.end(), data, data + brine_variable_bytes(&program, index) / 4);
    }
    return numbers;
  }

 private:
  struct Close {
    void operator()(void* library) const { dlclose(library); }
  };
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  // Gradients lie where their parameters do, in a block of their own.
  static std::vector<float> Block(brine_block block, brine_state* state) {
    const brine_program& program = *brine_state_program(state);
    std::vector<float> numbers;
    for (int32_t index = 0; index < program.variable_count; ++index) {
      const brine_variable& variable = program.variables[index];
      if (variable.block != BRINE_PARAMETERS) continue;
      const uint8_t* const place = state->blocks[block] + variable.offset;
      const float* const data = reinterpret_cast<const float*>(place);
      numbers.insert(numbers.end(), data, data + brine_variable_bytes(&program, index) / 4);
    }
    return numbers;
  }

  std::unique_ptr<void, Close> library_;
  std::unique_ptr<void, Free> memory_;
  brine_state* state_ = nullptr;
  int compiled_kernels_ = 0;
};

class Optimizers : public testing::TestWithParam<Row> {};

TEST_P(Optimizers, FollowTheirFormulasToAMillionthOfWhatMoved) {
  Program program;
  const absl::Status built = program.Build(GetParam().optimizer);
  ASSERT_TRUE(built.ok()) << built;
  std::vector<Weight> exact(program.Weights().size());
  ASSERT_EQ(exact.size(), size_t{kInputs * kClasses + kClasses});
  std::mt19937 random(1);
  for (int t = 1; t <= kSteps; ++t) {
    const absl::Status trained = program.Train(DrawBatch(random));
    ASSERT_TRUE(trained.ok()) << trained;
    const std::vector<float> gradients = program.Gradients();
    for (size_t element = 0; element < exact.size(); ++element)
      GetParam().formula(exact[element], double{gradients[element]}, t);
  }
  const std::vector<float> weights = program.Weights();
  double error = 0, moved = 0;
  for (size_t element = 0; element < exact.size(); ++element) {
    error += std::pow(weights[element] - exact[element].w, 2);
    moved += std::pow(exact[element].w, 2);
  }
  EXPECT_GT(std::sqrt(moved), 0.1);
  EXPECT_LE(std::sqrt(error / moved), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Optimizers,
    testing::Values(
        Row{"Adam", "\"adam\" {learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-07}", Adam},
        Row{"Amsgrad", "\"adam\" {learning_rate=0.01, beta_1=0.9, beta_2=0.8, epsilon=1e-07, amsgrad=true}", Amsgrad},
        Row{"Adamax", "\"adamax\" {learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-07}", Adamax},
        Row{"Nadam", "\"nadam\" {learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-07}", Nadam},
        Row{"Rmsprop", "\"rmsprop\" {learning_rate=0.01, rho=0.9, momentum=0.0, epsilon=1e-07, centered=false}",
            Rmsprop<false>},
        Row{"RmspropMomentum", "\"rmsprop\" {learning_rate=0.01, rho=0.9, momentum=0.9, epsilon=1e-07, centered=false}",
            RmspropMomentum<false>},
        Row{"CenteredRmsprop", "\"rmsprop\" {learning_rate=0.01, rho=0.9, momentum=0.0, epsilon=1e-07, centered=true}",
            Rmsprop<true>},
        Row{"CenteredRmspropMomentum",
            "\"rmsprop\" {learning_rate=0.01, rho=0.9, momentum=0.9, epsilon=1e-07, centered=true}",
            RmspropMomentum<true>},
        Row{"Adagrad", "\"adagrad\" {learning_rate=0.1, initial_accumulator_value=0.1, epsilon=1e-07}", Adagrad},
        Row{"Adadelta", "\"adadelta\" {learning_rate=10.0, rho=0.95, epsilon=1e-07}", Adadelta},
        Row{"Lion", "\"lion\" {learning_rate=0.01, beta_1=0.9, beta_2=0.99}", Lion},
        Row{"Sgd", "\"sgd\" {learning_rate=0.1, momentum=0.0, nesterov=false}", Sgd},
        Row{"Momentum", "\"sgd\" {learning_rate=0.1, momentum=0.9, nesterov=false}", Momentum},
        Row{"Nesterov", "\"sgd\" {learning_rate=0.1, momentum=0.9, nesterov=true}", Nesterov}),
    [](const auto& info) { return std::string(info.param.name); });

// ---- What all optimizers take.  If gradients are clipped, the program does not show what they were before.  Then the
// reference has those of softmax regression in double, at the program's weights.

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
  Program program;
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
  Program whole, first, second;
  for (Program* program : {&whole, &first, &second}) {
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
  Program constant, root, cosine;
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
