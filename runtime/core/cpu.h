/* What the machine offers: instructions, and the processors this process may use. */
#ifndef BRINE_RUNTIME_CORE_CPU_H_
#define BRINE_RUNTIME_CORE_CPU_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// Writes those of the null-terminated `features` that this processor or its operating system lacks, separated by ", ".
// A name that is not known counts as lacking.  Returns how many there are.
int brine_missing_cpu_features(const char* const* features, char* text, size_t text_bytes);

// Processors by affinity and by the cgroup's share of time (cpu.max, rounded up); at least 1.
int brine_available_threads(void);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_CORE_CPU_H_
