// What the programs that are written by hand share: the arguments of a kernel, and a backend that runs tasks in order.
#ifndef BRINE_TESTS_RUNTIME_BY_HAND_H_
#define BRINE_TESTS_RUNTIME_BY_HAND_H_

#include <cstdint>
#include <span>

#include "runtime/program.h"

namespace brine::testing {

// Operand `index` of a kernel, counted from 1, since argv[0] is the context.
inline const brine_buffer& Buffer(void** argv, int index) { return *static_cast<const brine_buffer*>(argv[index + 1]); }
inline float* Floats(void** argv, int index) { return reinterpret_cast<float*>(Buffer(argv, index).host); }

// A call of a kernel that is written by hand.
struct HandCall {
  int (*run)(void** argv);
  std::span<const uint16_t> values;
  uint16_t input_count = 0;
  const char* name = "";
  const char* layers = "";
  const char* location = "";
  double flops = 0;
  uint16_t sparse_operand = 0;
};

constexpr brine_call ByHand(const HandCall& call) {
  return {.run = call.run,
          .values = call.values.data(),
          .input_count = call.input_count,
          .value_count = static_cast<uint16_t>(call.values.size()),
          .scratch_bytes = 0,
          .name = call.name,
          .layers = call.layers,
          .location = call.location,
          .flops = call.flops,
          .sparse_operand = call.sparse_operand,
          .strategy = "hand",
          .predicted_flops = 1e9,
          .nonzero_flops = 2e9,
          .movement_ms = 0.5,
          .candidates = ""};
}

// The function "evaluate" of a program in whose training the first call computes outputs and losses.
constexpr brine_function EvaluateLike(brine_function train) {
  train.name = "evaluate";
  train.call_count = 1;
  return train;
}

// A slot with the shape of `parameter` at `offset` in the block of slots, which is 0 at first.
constexpr brine_variable SlotOf(brine_variable parameter, const char* name, int64_t offset) {
  parameter.name = name;
  parameter.block = BRINE_SLOTS;
  parameter.role = BRINE_ROLE_SLOT;
  parameter.initializer = BRINE_CONSTANT;
  parameter.offset = offset;
  parameter.argument = 0;
  parameter.id = 0;
  parameter.location = "";
  return parameter;
}

inline const char* const kNoFeatures[] = {nullptr};
inline constexpr brine_backend kSerialBackend = {
    [](void* user_context, brine_task task, int32_t min, int32_t size, uint8_t* closure) {
      int result = 0;
      for (int32_t index = min; index < min + size; ++index) result |= task(user_context, index, closure);
      return result;
    },
    [](int32_t) { return 1; }, kNoFeatures, "any", 0};

}  // namespace brine::testing

#endif  // BRINE_TESTS_RUNTIME_BY_HAND_H_
