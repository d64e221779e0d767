// The threads of a process that run the tasks of kernels and of the runtime's own loops, in place of Halide's pool.
#ifndef BRINE_CODEGEN_NATIVE_THREADS_H_
#define BRINE_CODEGEN_NATIVE_THREADS_H_

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

// Runs task(user_context, index, closure) for each index in [min, min + size).  Returns 0, or a nonzero result of a
// task; the other tasks run nevertheless.  Each thread begins with its own range, so that in successive loops over the
// same data it finds in its core's caches what it wrote before.  A call from within a task, or while another thread's
// loop runs, runs all tasks itself.  A task must not fork, except to exec.
int brine_backend_parallel_for(void* user_context, brine_task task, int32_t min, int32_t size, uint8_t* closure);

// Sets how many threads a loop may use from now on, including the calling one: `count`, but at least 1 and at most
// 1024.  Returns the former number.
int brine_backend_set_threads(int32_t count);

// Kernels treat denormal numbers as zero on every thread that runs their tasks.  The first function sets this for the
// calling thread and returns its former setting; the second restores that.
uint32_t brine_backend_flush_denormals(void);
void brine_backend_restore(uint32_t before);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_CODEGEN_NATIVE_THREADS_H_
