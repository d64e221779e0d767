// What threads.c and BuildStep need of backend.c.
#ifndef BRINE_CODEGEN_BACKEND_H_
#define BRINE_CODEGEN_BACKEND_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Makes this thread treat denormal numbers as zero, and puts its former setting back.
uint32_t brine_backend_flush_denormals(void);
void brine_backend_restore(uint32_t before);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_CODEGEN_BACKEND_H_
