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
  state %kernel : f32[19,7] parameter constant(0.0)
  state %bias : f32[7] parameter constant(0.0)
  %product = matmul(%x, %kernel) : f32[n,7]
  %logits = add(%product, %bias) : f32[n,7]
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

class Program {
 public:
  absl::Status Build(const char* optimizer) {
    const auto graphs = ir::Parse(absl::StrReplaceAll(kModel, {{"OPTIMIZER", optimizer}}), "model");
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

  // Draws a batch, whose images of a class are alike, and trains on it.
  absl::Status Train(std::mt19937& random) {
    const brine_function* const train = brine_find_function(brine_state_program(state_), "train");
    float* const x = static_cast<float*>(brine_input_data(state_, train, "x"));
    float* const label = static_cast<float*>(brine_input_data(state_, train, "label"));
    std::normal_distribution<float> noise;
    for (int row = 0; row < kRows; ++row) {
      const int truth = static_cast<int>(random() % kClasses);
      for (int column = 0; column < kInputs; ++column)
        x[row * kInputs + column] = noise(random) + (column % kClasses == truth ? 1.0f : 0.0f);
      for (int column = 0; column < kClasses; ++column) label[row * kClasses + column] = column == truth ? 1.0f : 0.0f;
    }
    return brine_step(state_, train, kRows) == BRINE_OK ? absl::OkStatus() : absl::InternalError(brine_error(state_));
  }

  // All parameters, one after another, and what they were last given as their gradients.
  std::vector<float> Weights() { return Block(BRINE_PARAMETERS, state_); }
  std::vector<float> Gradients() { return Block(BRINE_GRADIENTS, state_); }

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
    const absl::Status trained = program.Train(random);
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

}  // namespace
}  // namespace brine::codegen
