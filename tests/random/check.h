// The checker: one model through the whole compiler, with every stage compared with code that it does not share.
#ifndef BRINE_TESTS_RANDOM_CHECK_H_
#define BRINE_TESTS_RANDOM_CHECK_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/pipeline.h"

namespace brine {

// What the checker compares, in its order.
enum class Check {
  kPass,       // a pass refuses a graph that it should take
  kVerifier,   // the graph is well formed
  kRoundTrip,  // text and protobuf give back the same graph
  kMeaning,    // the double interpreter sees the same before and after a pass
  kLoss,       // loss and accuracy are those of the model's output
  kGradients,  // gradients are those of the loss, by central differences
  kUpdates,    // new parameters and slots are those of the optimizer's formula
  kKernels,    // each compiled kernel computes what the interpreter does
  kMemory,     // laid out as planned, the step leaves the same bits as with memory of their own for all values
  kThreads,    // and so on any number of threads
};
const char* Name(Check check);

struct Fault {
  Check check;
  std::string what;
};

// A bug of the compiler, planted after a pass ("" for none) or between the planned graph and the kernels ("kernels":
// what is compiled; "memory": what is laid out as planned).  `plant` returns false where the graph has no place for it.
struct Bug {
  std::string after;
  std::function<bool(ir::Graph&)> plant;
};

// Derives the train graph of `model`, runs pass after pass, and checks what each leaves.  `planned` is the result.
std::optional<Fault> CheckPasses(const ir::Graph& model, ir::Graph& planned, const Bug& bug = {});

struct StepOptions {
  std::string name;  // "without cse"
  passes::PipelineOptions pipeline = {};
  std::vector<int> threads = {1};
  bool asserts = false;           // Halide's own checks of bounds
  std::string cache_folder = {};  // empty: that of the kernel tests
};

// Compiles the train graph of `model` and checks, after the pipeline as a whole, what its kernels compute on batches of
// several sizes.
std::optional<Fault> CheckStep(const ir::Graph& model, const StepOptions& options, const Bug& bug = {});

}  // namespace brine

#endif  // BRINE_TESTS_RANDOM_CHECK_H_
