#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>
#include <utility>

#include "runtime/core/cpu.h"
#include "runtime/trainer/batch_reader.h"
#include "runtime/trainer/commands.h"
#include "runtime/trainer/drawn_shapes.h"
#include "runtime/trainer/error.h"
#include "runtime/trainer/json.h"
#include "runtime/trainer/kernel_times.h"
#include "runtime/trainer/noise.h"
#include "runtime/trainer/open_data.h"
#include "runtime/trainer/shapes.h"
#include "runtime/trainer/trace.h"

namespace brine {
namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double Median(std::vector<double> numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

// The data to train on, and its name in the results: "files" for those of --data, "drawn shapes" for the built-in
// images, or "noise" if the model does not take images, so that every model can be timed.
struct BenchData {
  const char* kind;
  Dataset train;
};

// Whether the program takes an image and the number of its class, as the built-in data have them.
bool TakesDrawnShapes(const brine_program& program) {
  const ImageSize size = InputImage(program);
  if (!DrawnShapesFault(size.height, size.width, size.channels).empty()) return false;
  const brine_function& function = FunctionOf(program, "train");
  std::vector<const brine_input*> labels = FedInputs(function);
  std::erase_if(labels, [](const brine_input* input) { return input->source != BRINE_LABEL; });
  if (labels.size() != 1) return false;
  const int64_t elements = RowElements(function.values[labels[0]->value]);
  return elements == 1 || elements == labels[0]->classes;
}

BenchData OpenBenchData(const brine_program& program, const CommandLine& line) {
  if (!line.data.empty() || !line.arrays.empty()) return {"files", OpenData(program, line).train};
  if (TakesDrawnShapes(program)) return {"drawn shapes", OpenData(program, line).train};
  const int64_t fewest = line.batch_size > 0 ? line.batch_size : program.batch_size;
  return {"noise", MakeNoise(FunctionOf(program, "train"), fewest, 0)};
}

// What bench measured.
struct Measurements {
  const char* data;  // BenchData::kind
  int32_t rows;
  int threads;
  std::vector<double> steps;  // milliseconds of each training step
  std::vector<KernelTime> kernels;
  MachineRates rates;

  double least_ms() const { return *std::min_element(steps.begin(), steps.end()); }
};

void PrintTable(const brine_program& program, const Measurements& measured) {
  const MachineRates& rates = measured.rates;
  std::printf(
      "%s: %d rows, %d thread%s\ntrain step: %.3f ms (least), %.3f ms (median of %zu)\ndata: %s\narena: %lld "
      "bytes\nthe machine: %.0f GFLOP/s, %.1f GB/s; a kernel's share is of the one that it comes nearest to\n\n",
      program.name, measured.rows, measured.threads, measured.threads == 1 ? "" : "s", measured.least_ms(),
      Median(measured.steps), measured.steps.size(), measured.data,
      static_cast<long long>(program.block_bytes[BRINE_ARENA]), rates.flops_per_ms / 1e6, rates.bytes_per_ms / 1e6);
  std::printf("%9s  %9s  %8s  %7s  %-20s  %-18s  %-32s  %s\n", "ms", "predicted", "GFLOP/s", "nonzero", "share of",
              "strategy", "kernel", "layers");
  for (const KernelTime& kernel : measured.kernels) {
    const brine_call& call = *kernel.call;
    const Bound bound = FindBound(kernel, rates);
    const std::string nonzero = kernel.nonzero ? std::to_string(std::lround(100 * *kernel.nonzero)) + "%" : "",
                      share = std::to_string(std::lround(100 * bound.share)) + "% " + bound.name;
    std::printf("%9.3f  %9.3f  %8.1f  %7s  %-20s  %-18s  %-32s  %s\n", kernel.milliseconds,
                PredictedMilliseconds(kernel, rates, measured.threads), call.flops / kernel.milliseconds / 1e6,
                nonzero.c_str(), share.c_str(), call.strategy, call.name, call.layers);
  }
}

std::string Json(const brine_program& program, const Measurements& measured) {
  JsonObject times, object;
  times.Number("min", measured.least_ms()).Number("median", Median(measured.steps));
  object.Text("model", program.name).Whole("batch_size", measured.rows).Json("train_step_ms", times.text());
  object.Text("data", measured.data).Whole("threads", measured.threads);
  object.Whole("arena_bytes", program.block_bytes[BRINE_ARENA]);
  object.Whole("arena_bound_bytes", program.arena_bound_bytes).Json("block_bytes", BlocksJson(program));
  AddKernels(measured.kernels, measured.rates, measured.threads, object);
  return object.text();
}

// The milliseconds of each of `count` training steps, including the call of `gather`, which fills the input rows.
// `warm_up` steps come before them: after some training, ReLUs have more zeros than with initial weights, as in most
// steps of a real run.
std::vector<double> TimeSteps(brine_state* state, int32_t rows, const std::function<void()>& gather, int warm_up,
                              int count) {
  const brine_function& function = FunctionOf(*brine_state_program(state), "train");
  std::vector<double> times;
  times.reserve(static_cast<size_t>(count));
  for (int step = -warm_up; step < count; ++step) {
    const auto begin = Clock::now();
    gather();
    ThrowIfFailed(brine_step(state, &function, rows), state);
    if (step >= 0) times.push_back(MillisecondsSince(begin));
  }
  return times;
}

}  // namespace

int RunBench(const brine_program& program, const CommandLine& line) {
  Trainer trainer(program, {.seed = line.seed, .threads = line.threads});
  LoadWeights(trainer, line);
  const brine_function& train = FunctionOf(program, "train");
  if (line.batch_size > program.batch_size) {
    ThrowError(kExitUsage,
               {"--batch-size ", line.batch_size, ": the program was compiled for 1 to ", program.batch_size});
  }
  const BenchData data = OpenBenchData(program, line);
  if (data.train.size() == 0) ThrowError(kExitBadInput, {"there are no samples to train on"});
  brine_state* const state = trainer.state();
  const auto rows = static_cast<int32_t>(
      std::min<int64_t>(line.batch_size > 0 ? line.batch_size : program.batch_size, data.train.size()));
  BatchReader reader(state, &train, data.train);
  std::vector<int64_t> indices(static_cast<size_t>(rows));
  const int64_t batches = data.train.size() / rows;
  int64_t batch = 0;
  const auto gather = [&] {
    std::iota(indices.begin(), indices.end(), batch++ % batches * rows);
    reader.Read(indices);
  };
  const int cores = brine_available_threads(), threads = line.threads > 0 ? line.threads : cores;
  constexpr int kKernelSteps = 21;  // enough for the least time of a kernel
  std::vector<double> steps = TimeSteps(state, rows, gather, line.warm_up, line.steps);
  if (!line.trace.empty()) WriteTrace(line.trace, state, rows, gather);
  KernelTimer timer(state, rows);
  for (int step = 0; step < kKernelSteps; ++step) {
    gather();
    ThrowIfFailed(brine_step(state, &train, rows), state);
  }
  const Measurements measured = {data.kind,     rows,
                                 threads,       std::move(steps),
                                 timer.times(), MeasureRates(std::min(threads, cores), Effort::kThorough)};
  if (line.json)
    std::printf("%s\n", Json(program, measured).c_str());
  else
    PrintTable(program, measured);
  return kExitOk;
}

}  // namespace brine
