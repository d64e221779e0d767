// The functions that Halide's runtime calls, and those of Halide's that the Brine runtime calls.  This file is linked
// into every compiled program beside Halide's runtime, whose definitions of these functions are weak.
#include <HalideRuntime.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "codegen/native/threads.h"
#include "runtime/program.h"

// A brine_buffer is handed to kernels as a halide_buffer_t.
#define SAME_PLACE(ours, theirs)                                                           \
  _Static_assert(offsetof(brine_buffer, ours) == offsetof(struct halide_buffer_t, theirs), \
                 "brine_buffer and halide_buffer_t differ")
SAME_PLACE(device, device);
SAME_PLACE(device_interface, device_interface);
SAME_PLACE(host, host);
SAME_PLACE(flags, flags);
SAME_PLACE(type_code, type);
SAME_PLACE(dimensions, dimensions);
SAME_PLACE(dim, dim);
_Static_assert(sizeof(brine_buffer) == sizeof(struct halide_buffer_t),
               "brine_buffer and halide_buffer_t differ in size");
_Static_assert(sizeof(brine_dimension) == sizeof(struct halide_dimension_t),
               "brine_dimension and halide_dimension_t differ in size");
_Static_assert(offsetof(brine_dimension, stride) == offsetof(struct halide_dimension_t, stride),
               "brine_dimension and halide_dimension_t differ");

// Kernels allocate on the calling thread only, and scratch_used is reset before each of them.
void* halide_malloc(void* user_context, size_t x) {
  brine_context* context = (brine_context*)user_context;
  if (context == NULL) return NULL;
  const int64_t bytes = (int64_t)((x + 63) / 64 * 64);
  if (bytes > context->scratch_bytes - context->scratch_used) {
    halide_error(user_context, "a kernel asked for more scratch memory than was planned");
    return NULL;
  }
  void* memory = context->scratch + context->scratch_used;
  context->scratch_used += bytes;
  return memory;
}

void halide_free(void* user_context, void* ptr) {
  (void)user_context;
  (void)ptr;
}

void halide_error(void* user_context, const char* message) {
  brine_context* context = (brine_context*)user_context;
  if (context == NULL || context->error[0] != '\0') return;
  snprintf(context->error, sizeof(context->error), "%s", message);
  context->error[strcspn(context->error, "\n")] = '\0';
}

void halide_print(void* user_context, const char* message) { halide_error(user_context, message); }

int halide_do_par_for(void* user_context, halide_task_t task, int min, int size, uint8_t* closure) {
  return brine_backend_parallel_for(user_context, task, min, size, closure);
}
