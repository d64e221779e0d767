/* The content of a variable before the first step, the same on every machine.  ir/initialize.cc computes the same
 * numbers. */
#ifndef BRINE_RUNTIME_CORE_INITIALIZE_H_
#define BRINE_RUNTIME_CORE_INITIALIZE_H_

#include <stdint.h>

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

int64_t brine_variable_elements(const brine_variable* variable);

// Fills `data`, which has room for the elements of the variable.
void brine_initialize(const brine_variable* variable, uint64_t seed, float* data);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_INITIALIZE_H_
