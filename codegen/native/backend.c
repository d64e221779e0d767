// The functions that the code of kernels calls, in place of Halide's runtime: without asserts, it calls no others. This
// file is linked into every compiled program.  Kernels with asserts are linked with Halide's runtime, too, whose own
// definitions of these functions are weak.
#include <HalideRuntime.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "codegen/native/threads.h"
#include "runtime/program.h"

// A brine_buffer is passed to kernels as a halide_buffer_t, so both must have the same layout.
#define SAME_OFFSET(brine_field, halide_field)                                                          \
  _Static_assert(offsetof(brine_buffer, brine_field) == offsetof(struct halide_buffer_t, halide_field), \
                 "brine_buffer and halide_buffer_t differ")
SAME_OFFSET(device, device);
SAME_OFFSET(device_interface, device_interface);
SAME_OFFSET(host, host);
SAME_OFFSET(flags, flags);
SAME_OFFSET(type_code, type);
SAME_OFFSET(dimensions, dimensions);
SAME_OFFSET(dim, dim);
_Static_assert(sizeof(brine_buffer) == sizeof(struct halide_buffer_t),
               "brine_buffer and halide_buffer_t differ in size");
_Static_assert(sizeof(brine_dimension) == sizeof(struct halide_dimension_t),
               "brine_dimension and halide_dimension_t differ in size");
_Static_assert(offsetof(brine_dimension, stride) == offsetof(struct halide_dimension_t, stride),
               "brine_dimension and halide_dimension_t differ");

// Allocates from the scratch memory of the context.  There is no lock, since kernels allocate on the calling thread
// only.  Nothing is freed: scratch_used is set to 0 before each kernel.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the header calls it x.
void* halide_malloc(void* user_context, size_t size) {
  brine_context* context = (brine_context*)user_context;
  if (context == NULL) return NULL;
  const int64_t bytes = (int64_t)((size + 63) / 64 * 64);
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

// Keeps the first line of the first message for the caller.
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
