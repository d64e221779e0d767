#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>

#include "runtime/core/cpu.h"
#include "runtime/trainer/batch_reader.h"
#include "runtime/trainer/commands.h"
#include "runtime/trainer/error.h"

namespace brine {
namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point begin) { return std::chrono::duration<double, std::milli>(Clock::now() - begin).count(); }

double Median(std::vector<double> numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

struct KernelTime {
  const brine_call* call;
  double milliseconds;
};

// The least times, each kernel by itself, over the values that the last step left.
std::vector<KernelTime> TimeKernels(brine_state* state, const brine_function& function, int32_t rows, int repetitions) {
  std::vector<KernelTime> kernels;
  std::vector<double> times(static_cast<size_t>(repetitions));
  for (int32_t call = 0; call < function.call_count; ++call) {
    for (double& time : times) {
      const auto begin = Clock::now();
      ThrowIfFailed(brine_run_call(state, &function, call, rows), state);
      time = MillisecondsSince(begin);
    }
    kernels.push_back({&function.calls[call], *std::min_element(times.begin(), times.end())});
  }
  return kernels;
}

}  // namespace

int RunBench(const brine_program& program, const CommandLine& line) {
  Trainer trainer(program, {.seed = line.seed, .threads = line.threads});
  LoadWeights(trainer, line);
  if (program.train.call_count == 0) throw Error(kExitBadInput, std::string(program.name) + " was not compiled for training");
  if (line.batch_size > program.batch_size) {
    throw Error(kExitUsage, "--batch-size " + std::to_string(line.batch_size) + ": the program was compiled for 1 to " + std::to_string(program.batch_size));
  }
  const TrainTest data = OpenData(program, line);
  brine_state* const state = trainer.state();
  const auto rows = static_cast<int32_t>(std::min<int64_t>(line.batch_size > 0 ? line.batch_size : program.batch_size, data.train.size()));
  BatchReader reader(state, &program.train, data.train);
  std::vector<int64_t> indices(static_cast<size_t>(rows));
  std::vector<double> times;
  times.reserve(static_cast<size_t>(line.steps));
  constexpr int kWarmUp = 10;
  const int64_t batches = data.train.size() / rows;
  for (int step = -kWarmUp; step < line.steps; ++step) {
    std::iota(indices.begin(), indices.end(), (step + kWarmUp) % batches * rows);
    const auto begin = Clock::now();
    reader.Read(indices);
    ThrowIfFailed(brine_train_step(state, rows), state);
    if (step >= 0) times.push_back(MillisecondsSince(begin));
  }
  const std::vector<KernelTime> kernels = TimeKernels(state, program.train, rows, 21);
  const double least = *std::min_element(times.begin(), times.end()), median = Median(times);
  const int threads = line.threads > 0 ? line.threads : brine_available_threads();
  const auto arena = static_cast<long long>(program.block_bytes[BRINE_ARENA]), bound = static_cast<long long>(program.arena_bound_bytes);
  if (!line.json) {
    std::printf("%s: %d rows, %d thread%s\ntrain step: %.3f ms (least), %.3f ms (median of %zu)\narena: %lld bytes\n\n", program.name, rows, threads,
                threads == 1 ? "" : "s", least, median, times.size(), arena);
    for (const KernelTime& kernel : kernels) std::printf("%9.3f ms  %-24s  %s\n", kernel.milliseconds, kernel.call->name, kernel.call->layers);
    return kExitOk;
  }
  std::string text = "{\"model\": " + JsonString(program.name) + ", \"batch_size\": " + std::to_string(rows) + ", \"train_step_ms\": {\"min\": " + JsonNumber(least) +
                     ", \"median\": " + JsonNumber(median) + "}, \"threads\": " + std::to_string(threads) + ", \"arena_bytes\": " + std::to_string(arena) +
                     ", \"arena_bound_bytes\": " + std::to_string(bound) + ", \"kernels\": [";
  for (const KernelTime& kernel : kernels) {
    text += std::string(&kernel == kernels.data() ? "" : ", ") + "{\"name\": " + JsonString(kernel.call->name) + ", \"ms\": " + JsonNumber(kernel.milliseconds) +
            ", \"flops\": " + JsonNumber(kernel.call->flops) + ", \"layers\": " + JsonString(kernel.call->layers) + "}";
  }
  std::printf("%s]}\n", text.c_str());
  return kExitOk;
}

}  // namespace brine
