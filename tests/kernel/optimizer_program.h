// A compiled program whose steps are compared with formulas of optimizers, written down once more in double.
#ifndef BRINE_TESTS_KERNEL_OPTIMIZER_PROGRAM_H_
#define BRINE_TESTS_KERNEL_OPTIMIZER_PROGRAM_H_

#include <dlfcn.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "runtime/core/state.h"

namespace brine::codegen {

inline constexpr int kSteps = 50, kRows = 32, kInputs = 19, kClasses = 7;

// One weight of an optimizer: its next value from its gradient in step t, 1 in the first.
struct Weight {
  double w = 0, first = 0, second = 0, third = 0;
};

void Adam(Weight& weight, double g, int t);

// A batch: images, and the classes to which they belong.
struct Batch {
  std::vector<float> x;
  std::vector<int> classes;
};

// Draws a batch whose images of a class are alike.
Batch DrawBatch(std::mt19937& random);

// Softmax regression; all weights begin at 0, so that their values are the sums of all updates.
class OptimizerProgram {
 public:
  // `inputs` are lines of the model, such as a schedule.
  absl::Status Build(const char* optimizer, const char* inputs = "");

  absl::Status Train(const Batch& batch);

  // The logits of the batch.
  std::vector<float> Predict(const Batch& batch);

  absl::Status Save(const std::string& path);
  absl::Status Load(const std::string& path);

  int compiled_kernels() const { return compiled_kernels_; }

  // All parameters, one after another, and what they were last given as their gradients.
  std::vector<float> Weights() { return Block(BRINE_PARAMETERS, state_); }
  std::vector<float> Gradients() { return Block(BRINE_GRADIENTS, state_); }
  // The content of all variables.
  std::vector<float> Variables();

 private:
  struct Close {
    void operator()(void* library) const { dlclose(library); }
  };
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  // Gradients lie where their parameters do, in a block of their own.
  static std::vector<float> Block(brine_block block, brine_state* state);

  std::unique_ptr<void, Close> library_;
  std::unique_ptr<void, Free> memory_;
  brine_state* state_ = nullptr;
  int compiled_kernels_ = 0;
};

}  // namespace brine::codegen

#endif  // BRINE_TESTS_KERNEL_OPTIMIZER_PROGRAM_H_
