// The threads of a process that run the tasks of kernels and of the runtime's own loops; in place of Halide's pool.
#ifndef BRINE_CODEGEN_THREADS_H_
#define BRINE_CODEGEN_THREADS_H_

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

// Runs task(user_context, index, closure) for each index in [min, min + size) and returns 0, or what a task returned
// that was not 0; the others run all the same.  Every thread begins with a range of its own, so that loops over the
// same things, one after another, find in a core's caches what it wrote there.  A call from within a task, or while
// another thread's loop runs, does all by itself.  A task must not fork, except to exec.
int brine_backend_parallel_for(void* user_context, brine_task task, int32_t min, int32_t size, uint8_t* closure);

// How many threads a loop may use from now on, the calling one among them: `count`, but at least 1 and at most 1024.
// Returns the former number.
int brine_backend_set_threads(int32_t count);

// Denormal numbers count as zero in kernels, on every thread that runs their tasks: the first makes this thread treat
// them so, the second puts back its own setting, which the first returned.
uint32_t brine_backend_flush_denormals(void);
void brine_backend_restore(uint32_t before);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_CODEGEN_THREADS_H_
