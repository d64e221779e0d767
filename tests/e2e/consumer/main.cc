// Executes one step on a batch of zeros with the core only.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "shapes.h"

int main() {
  void* memory = std::aligned_alloc(64, shapes_state_bytes());
  brine_state* state = shapes_init(memory, 1);
  const brine_function* train = brine_find_function(&shapes::Program(), "train");
  void* pixels = brine_input_data(state, train, "x");
  void* labels = brine_input_data(state, train, "label");
  if (pixels == nullptr || labels == nullptr) return 1;
  std::memset(pixels, 0, 8 * 32 * 32 * 3);
  for (int row = 0; row < SHAPES_BATCH_SIZE; ++row) {
    for (int label = 0; label < 10; ++label) static_cast<float*>(labels)[row * 10 + label] = label == row ? 1.0f : 0.0f;
  }
  if (brine_step(state, train, SHAPES_BATCH_SIZE) != BRINE_OK) {
    std::puts(brine_error(state));
    return 1;
  }
  // With pixels of 0, every class is equally probable, so that the loss is ln 10.
  const float* loss = brine_output_data(state, train, "loss");
  std::printf("batch %d loss %.6f\n", SHAPES_BATCH_SIZE, *loss);
  std::free(memory);
  return 0;
}
