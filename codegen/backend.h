// The functions of backend.c that generated programs and BuildStep name.
#ifndef BRINE_CODEGEN_BACKEND_H_
#define BRINE_CODEGEN_BACKEND_H_

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

int brine_backend_parallel_for(void* user_context, brine_task task, int32_t min, int32_t size, uint8_t* closure);
int brine_backend_set_threads(int32_t count);

// Makes this thread treat denormal numbers as zero, and puts its former setting back.
uint32_t brine_backend_flush_denormals(void);
void brine_backend_restore(uint32_t before);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_CODEGEN_BACKEND_H_
