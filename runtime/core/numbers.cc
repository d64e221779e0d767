#include "runtime/core/numbers.h"

#include "runtime/core/finite.h"

namespace {

constexpr int64_t kTask = 1 << 14;   // the floats of a task
constexpr int64_t kChunk = 1 << 11;  // the floats of a sum that stay in the first-level cache until it is complete

struct Sum {
  const float* numbers;
  float weight;
  int64_t count;
  const float* const* partials;
  int32_t partial_count;
  int64_t first;
  float* target;
  int found;  // 1 if a task found a number that is not finite
};

// A loop in place has a function of its own: one over two pointers, when it is vectorized, first tests that they do not
// overlap, and otherwise runs number by number.
void Scale(float weight, int64_t count, float* numbers) {
  for (int64_t index = 0; index < count; ++index) numbers[index] *= weight;
}

void Scale(const float* numbers, float weight, int64_t count, float* target) {
  for (int64_t index = 0; index < count; ++index) target[index] = weight * numbers[index];
}

void AddScaled(const float* numbers, float weight, int64_t count, float* target) {
  for (int64_t index = 0; index < count; ++index) target[index] += weight * numbers[index];
}

// The weighted numbers replace the numbers, or are added to the last partial sum in its place, or go to memory of their
// own; the other partial sums are added to that.
void SumChunk(Sum& sum, int64_t begin, int64_t count) {
  const float* const numbers = sum.numbers + begin;
  float* const target = sum.target + begin;
  if (!brine_all_below(numbers, count, BRINE_FINITE)) __atomic_store_n(&sum.found, 1, __ATOMIC_RELAXED);
  int32_t partial = sum.partial_count;
  if (target == numbers) {
    Scale(sum.weight, count, target);
  } else if (partial > 0 && sum.target == sum.partials[partial - 1] + sum.first) {
    AddScaled(numbers, sum.weight, count, target);
    --partial;
  } else {
    Scale(numbers, sum.weight, count, target);
  }
  while (partial-- > 0) brine_add(sum.partials[partial] + sum.first + begin, count, target);
}

int SumTask(void*, int32_t index, uint8_t* closure) {
  Sum& sum = *reinterpret_cast<Sum*>(closure);
  const int64_t end = sum.count - index * kTask < kTask ? sum.count : (index + 1) * kTask;
  for (int64_t begin = index * kTask; begin < end; begin += kChunk)
    SumChunk(sum, begin, end - begin < kChunk ? end - begin : kChunk);
  return 0;
}

}  // namespace

void brine_add(const float* numbers, int64_t count, float* target) {
  for (int64_t index = 0; index < count; ++index) target[index] += numbers[index];
}

int brine_sum(const brine_backend* backend, const float* numbers, float weight, int64_t count,
              const float* const* partials, int32_t partial_count, int64_t first, float* target) {
  Sum sum = {numbers, weight, count, partials, partial_count, first, target, 0};
  const auto tasks = static_cast<int32_t>((count + kTask - 1) / kTask);
  if (tasks > 1)
    backend->parallel_for(nullptr, &SumTask, 0, tasks, reinterpret_cast<uint8_t*>(&sum));
  else if (tasks == 1)
    SumTask(nullptr, 0, reinterpret_cast<uint8_t*>(&sum));
  return sum.found == 0;
}
