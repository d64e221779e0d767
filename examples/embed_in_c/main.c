/* examples/embed_in_c/main.c: training steps in a C program, which provides the memory */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mnist_mlp.h" /* brine writes this header beside the object */

enum { kPixels = 28 * 28, kRows = MNIST_MLP_BATCH_SIZE };

/* Each row is an image with a bar, at a height that depends on its label. */
static void Fill(unsigned char* pixels, int32_t* labels) {
  memset(pixels, 0, (size_t)kRows * kPixels);
  for (int row = 0; row < kRows; ++row) {
    labels[row] = row % 10;
    memset(pixels + (size_t)row * kPixels + (size_t)labels[row] * 2 * 28, 255, 2 * 28);
  }
}

int main(void) {
  void* memory = aligned_alloc(64, mnist_mlp_state_bytes());
  brine_state* state = memory == NULL ? NULL : mnist_mlp_init(memory, 1);
  if (state == NULL) return 1;
  const brine_function* train = brine_find_function(mnist_mlp_program(), "train");
  Fill(brine_input_data(state, train, "x"), brine_input_data(state, train, "label"));
  for (int step = 1; step <= 50; ++step) {
    if (brine_step(state, train, kRows) != BRINE_OK) {
      fprintf(stderr, "%s\n", brine_error(state));
      return 1;
    }
    if (step == 1 || step == 50) printf("step %d: loss %.4f\n", step, *brine_output_data(state, train, "loss"));
  }
  free(memory);
  return 0;
}
