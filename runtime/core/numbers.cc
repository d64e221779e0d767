#include "runtime/core/numbers.h"

namespace {

constexpr int64_t kChunk = 1 << 14;  // the floats of a task

struct Loop {
  const float* numbers;
  float weight;  // of brine_scale
  int64_t count;
  float* target;
};

int64_t CountOf(const Loop& loop, int64_t begin) { return loop.count - begin < kChunk ? loop.count - begin : kChunk; }

int ScaleChunk(void*, int32_t index, uint8_t* closure) {
  const Loop& loop = *reinterpret_cast<const Loop*>(closure);
  const int64_t begin = index * kChunk;
  brine_scale(loop.numbers + begin, loop.weight, CountOf(loop, begin), loop.target + begin);
  return 0;
}

int AddChunk(void*, int32_t index, uint8_t* closure) {
  const Loop& loop = *reinterpret_cast<const Loop*>(closure);
  const int64_t begin = index * kChunk;
  brine_add(loop.numbers + begin, CountOf(loop, begin), loop.target + begin);
  return 0;
}

void RunChunks(const brine_backend* backend, brine_task task, Loop loop) {
  const auto chunks = static_cast<int32_t>((loop.count + kChunk - 1) / kChunk);
  if (chunks > 1)
    backend->parallel_for(nullptr, task, 0, chunks, reinterpret_cast<uint8_t*>(&loop));
  else if (chunks == 1)
    task(nullptr, 0, reinterpret_cast<uint8_t*>(&loop));
}

}  // namespace

void brine_scale(const float* numbers, float weight, int64_t count, float* target) {
  for (int64_t index = 0; index < count; ++index) target[index] = weight * numbers[index];
}

void brine_add(const float* numbers, int64_t count, float* target) {
  for (int64_t index = 0; index < count; ++index) target[index] += numbers[index];
}

void brine_scale_parallel(const brine_backend* backend, const float* numbers, float weight, int64_t count,
                          float* target) {
  RunChunks(backend, &ScaleChunk, {numbers, weight, count, target});
}

void brine_add_parallel(const brine_backend* backend, const float* numbers, int64_t count, float* target) {
  RunChunks(backend, &AddChunk, {numbers, 0, count, target});
}
