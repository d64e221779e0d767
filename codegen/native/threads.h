// The threads that run the tasks of kernels and of the runtime's own loops, in place of Halide's thread pool.  A
// process has one pool.
#ifndef BRINE_CODEGEN_NATIVE_THREADS_H_
#define BRINE_CODEGEN_NATIVE_THREADS_H_

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

// Runs task(user_context, index, closure) for each index in [min, min + size), and returns when all tasks have ended:
// 0, or the nonzero result of one of the tasks.  The tasks after it run nevertheless.
//
// Each thread begins with its own range of indices.  So in successive loops over the same data, a thread finds in its
// core's caches what it wrote before.  If the call comes from a task, or while another thread runs a loop, the calling
// thread runs all tasks itself.  A task must not fork, except to exec.
int brine_backend_parallel_for(void* user_context, brine_task task, int32_t min, int32_t size, uint8_t* closure);

// Sets the number of threads that a loop may use from now on, including the calling thread: `count`, but at least 1 and
// at most 1024.  Returns the former number.
int brine_backend_set_threads(int32_t count);

// Kernels treat denormal numbers as zero, on every thread that runs their tasks.  The first function sets this mode for
// the calling thread and returns the former mode; the second function restores that.
uint32_t brine_backend_flush_denormals(void);
void brine_backend_restore(uint32_t before);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_CODEGEN_NATIVE_THREADS_H_
