#include "runtime/trainer/kernel_times.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <span>
#include <utility>

#include "runtime/core/layout.h"
#include "runtime/trainer/shapes.h"

namespace brine {
namespace {

using Clock = std::chrono::steady_clock;

int64_t BytesMoved(const brine_function& function, const brine_call& call, int32_t rows) {
  int64_t bytes = 0;
  for (const uint16_t index : std::span(call.values, call.value_count)) {
    const brine_value& value = function.values[index];
    bytes += ElementCount(value, rows) * (value.dtype == BRINE_U8 || value.dtype == BRINE_MASK ? 1 : 4);
  }
  return bytes;
}

std::optional<double> NonzeroShare(const brine_state* state, const brine_function& function, const brine_call& call,
                                   int32_t rows) {
  if (call.sparse_operand == 0) return std::nullopt;
  const brine_value& operand = function.values[call.values[call.sparse_operand - 1]];
  const std::span elements(reinterpret_cast<const float*>(ValueData(state, operand)),
                           static_cast<size_t>(ElementCount(operand, rows)));
  return 1 -
         static_cast<double>(std::count(elements.begin(), elements.end(), 0.0f)) / static_cast<double>(elements.size());
}

// A callback may evaluate or predict between the steps.
bool IsOf(const brine_function& function, const brine_call* call) {
  const std::less<> before;
  return !before(call, function.calls) && before(call, function.calls + function.call_count);
}

std::string Json(const KernelTime& kernel, const MachineRates& rates, int threads) {
  const brine_call& call = *kernel.call;
  const Bound bound = FindBound(kernel, rates);
  JsonObject object;
  object.Text("name", call.name).Number("ms", kernel.milliseconds).Number("flops", call.flops);
  object.Whole("bytes", kernel.bytes).Number("peak_share", call.flops / rates.flops_per_ms / kernel.milliseconds);
  object.Text("bound", bound.name).Number("bound_share", bound.share);
  if (kernel.nonzero) object.Number("nonzero", *kernel.nonzero);
  object.Text("strategy", call.strategy).Number("predicted_ms", PredictedMilliseconds(kernel, rates, threads));
  return object.Text("candidates", call.candidates).Text("layers", call.layers).text();
}

}  // namespace

KernelTimer::KernelTimer(brine_state* state, int32_t rows)
    : state_(state),
      rows_(rows),
      function_(FunctionOf(*brine_state_program(state), "train")),
      kernels_(static_cast<size_t>(function_.call_count)),
      observation_(state, [this](const brine_call* call, bool done) {
        if (call != nullptr && IsOf(function_, call)) Observe(*call, done);  // it is null for the test for NaN
      }) {}

void KernelTimer::Observe(const brine_call& call, bool done) {
  KernelTime& kernel = kernels_[static_cast<size_t>(&call - function_.calls)];
  if (done) {
    const double milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - begin_).count();
    kernel.milliseconds = std::min(kernel.milliseconds, milliseconds);
    return;
  }
  // Shares are measured just before each kernel, since later kernels may overwrite its inputs.
  if (kernel.call == nullptr)
    kernel = {&call, std::numeric_limits<double>::infinity(), BytesMoved(function_, call, rows_),
              NonzeroShare(state_, function_, call, rows_)};
  begin_ = Clock::now();
}

std::vector<KernelTime> KernelTimer::times() const {
  std::vector<KernelTime> times = kernels_;
  std::erase_if(times, [](const KernelTime& kernel) { return kernel.call == nullptr; });
  return times;
}

Bound FindBound(const KernelTime& kernel, const MachineRates& rates) {
  const double compute_ms = kernel.call->flops / rates.flops_per_ms,
               memory_ms = static_cast<double>(kernel.bytes) / rates.bytes_per_ms;
  return compute_ms >= memory_ms ? Bound{"multiply-adds", compute_ms / kernel.milliseconds}
                                 : Bound{"memory", memory_ms / kernel.milliseconds};
}

double PredictedMilliseconds(const KernelTime& kernel, const MachineRates& rates, int threads) {
  const double nonzero_flops = kernel.nonzero ? *kernel.nonzero * double{kernel.call->nonzero_flops} : 0;
  return (double{kernel.call->predicted_flops} + nonzero_flops) / rates.flops_per_ms +
         double{kernel.call->movement_ms} / threads;
}

void AddKernels(const std::vector<KernelTime>& kernels, const MachineRates& rates, int threads, JsonObject& object) {
  JsonList list;
  for (const KernelTime& kernel : kernels) list.Add(Json(kernel, rates, threads));
  object.Number("peak_gflops", rates.flops_per_ms / 1e6).Number("memory_gb_per_s", rates.bytes_per_ms / 1e6);
  object.Json("kernels", list.text());
}

std::string BlocksJson(const brine_program& program) {
  static constexpr std::pair<const char*, brine_block> kBlocks[] = {
      {"inputs", BRINE_INPUTS},       {"parameters", BRINE_PARAMETERS}, {"non_trainable", BRINE_NON_TRAINABLE},
      {"gradients", BRINE_GRADIENTS}, {"slots", BRINE_SLOTS},           {"outputs", BRINE_OUTPUTS},
      {"arena", BRINE_ARENA}};
  JsonObject object;
  for (const auto& [name, block] : kBlocks) object.Whole(name, program.block_bytes[block]);
  return object.Whole("scratch", program.scratch_bytes).text();
}

}  // namespace brine
