// The standard training program: `train`, `evaluate`, `predict`, `bench`, `summary` (flags.h).
#ifndef BRINE_RUNTIME_TRAINER_MAIN_H_
#define BRINE_RUNTIME_TRAINER_MAIN_H_

#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

// Results on stdout, progress and one sentence for an error on stderr.  Returns the exit code: 0 ok, 1 failed, 2 usage,
// 3 bad input, 5 diverged, 130 interrupted.
int brine_trainer_main(const brine_program* program, int argc, char** argv);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_TRAINER_MAIN_H_
