// The checker: takes a model through the whole compiler and compares every stage with code that the stage does not
// share.
#ifndef BRINE_TESTS_RANDOM_CHECK_H_
#define BRINE_TESTS_RANDOM_CHECK_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/pipeline.h"

namespace brine {

// The checks, in the order in which they are made.
enum class Check {
  kPass,       // a pass refuses a graph that it should take
  kVerifier,   // the graph is well formed
  kRoundTrip,  // text and protobuf give back the same graph
  kMeaning,    // the double interpreter sees the same before and after a pass
  kLoss,       // loss and accuracy are those of the model's output
  kGradients,  // gradients are those of the loss, by central differences
  kUpdates,    // new parameters and slots are those of the optimizer's formula
  kKernels,    // each compiled kernel computes what the interpreter does
  kMemory,     // the planned memory gives the same bits as memory of its own for each value
  kThreads,    // and so on any number of threads
};
const char* Name(Check check);

struct Fault {
  Check check;
  std::string what;
};

// A bug of the compiler that is planted in the graph after the named pass, in the graph that is compiled ("kernels"),
// or in the graph that is laid out as planned ("memory").  If the name is empty, there is no bug.  `plant` returns
// false if the bug cannot be planted in the graph.
struct Bug {
  std::string after;
  std::function<bool(ir::Graph&)> plant;
};

// Derives the train graph of `model`, runs one pass after another, and checks the graph after each.  `planned` is the
// result.
std::optional<Fault> CheckPasses(const ir::Graph& model, ir::Graph& planned, const Bug& bug = {});

struct StepOptions {
  std::string name;  // "without cse"
  passes::PipelineOptions pipeline = {};
  std::vector<int> threads = {1};
  bool asserts = false;           // whether kernels have Halide's checks of bounds
  std::string cache_folder = {};  // if empty, the cache of the kernel tests is used
};

// Compiles the train graph of `model` in the given way.  Checks the result of the whole pipeline, and what the kernels
// compute for batches of several sizes.
std::optional<Fault> CheckStep(const ir::Graph& model, const StepOptions& options, const Bug& bug = {});

}  // namespace brine

#endif  // BRINE_TESTS_RANDOM_CHECK_H_
