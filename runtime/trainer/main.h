// The standard training program, with the commands of runtime/base/flags.h.
#ifndef BRINE_RUNTIME_TRAINER_MAIN_H_
#define BRINE_RUNTIME_TRAINER_MAIN_H_

#include "runtime/core/communicator.h"
#include "runtime/program.h"

#ifdef __cplusplus
extern "C" {
#endif

// The main function of the program.  Prints results to stdout, and progress and errors, one sentence each, to stderr.
// Returns the exit code: 0 if all is well, 1 if something failed, 2 for a wrong command line, 3 for bad input, 5 if the
// training diverged, 130 if a signal interrupted it.  One of several processes that mpirun has started is refused,
// since each would train alone.
int brine_trainer_main(const brine_program* program, int argc, char** argv);

// The same as one of the ranks of `communicator`, which train together; null stands for one process.  Every rank
// returns the same code, unless it ends all ranks because it has failed alone (brine_communicator.abort).
int brine_trainer_main_with(const brine_program* program, const brine_communicator* communicator, int argc,
                            char** argv);

#ifdef __cplusplus
}
#endif
#endif  // BRINE_RUNTIME_TRAINER_MAIN_H_
