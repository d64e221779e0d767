/* Which instructions the processor has, and how many processors and how much memory this process may use. */
#ifndef BRINE_RUNTIME_CORE_CPU_H_
#define BRINE_RUNTIME_CORE_CPU_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Writes to `text` those of the null-terminated `features` that this processor or its operating system lacks, separated
// by
// ", ".  A feature whose name is not known counts as lacking.  Returns the number of lacking features.
int brine_missing_cpu_features(const char* const* features, char* text, size_t text_bytes);

// Whether AVX2 is among the features.  Loops that every step runs ask this, so the answer is kept: in a virtual
// machine, asking the processor takes microseconds.
int brine_has_avx2(void);

// The number of processors that the affinity of the process and the quotas of its control groups allow; at least 1.
int brine_available_threads(void);

// The bytes of memory that the machine has, or that the control groups of the process allow if that is less.
int64_t brine_available_memory(void);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_CPU_H_
